"""CodeCommit: its read and commit API over bare repositories, which `git` clones and pushes to."""
