"""Carries CodeBuild's builds out: real shells in fresh folders, their output in CloudWatch Logs."""

from emulator.data_plane.build_runner.runner import BuildRunner

__all__ = ["BuildRunner"]
