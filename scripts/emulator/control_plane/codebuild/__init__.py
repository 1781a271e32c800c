"""CodeBuild: projects and builds; the build runner of the data plane carries the builds out."""
