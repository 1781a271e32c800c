"""The application that a participant changes: its clone, git, and its one line."""
