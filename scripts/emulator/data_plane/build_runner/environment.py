"""The variables that a build's commands see: made from nothing, so that nothing of the user leaks.

Source: CodeBuild User Guide, "Environment variables in build environments".
"""

from pathlib import Path

from emulator.config import Settings
from emulator.control_plane.codebuild.builds import Build
from emulator.data_plane.build_runner.folder import BuildFolder, search_path


def machine_variables(build: Build, folder: BuildFolder, settings: Settings) -> dict[str, str]:
    """Return what makes the machine a build container: folders, PATH, and this AWS."""
    nothing = str(folder.home / "no-such-file")
    return {
        "HOME": str(folder.home),
        "TMPDIR": str(folder.tmp),
        "PATH": search_path(settings.data_dir / "shims"),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_ACCESS_KEY_ID": build.account_id,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": build.region,
        "AWS_DEFAULT_REGION": build.region,
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
        "WORKSHOP_IMAGE_STORE": str(folder.images),
        "WORKSHOP_PRIVILEGED": "1" if build.settings["environment"]["privilegedMode"] else "0",
    }


def codebuild_variables(
    build: Build, folder: BuildFolder, secondary: dict[str, Path]
) -> dict[str, str]:
    """Return CodeBuild's own variables; those of webhooks do not apply here."""
    source = build.settings["source"]
    project_arn = f"arn:aws:codebuild:{build.region}:{build.account_id}:project"
    return {
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": build.settings["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_CI": "true",
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_KMS_KEY_ID": build.settings["encryptionKey"],
        "CODEBUILD_LOG_PATH": build.log_stream,
        "CODEBUILD_PROJECT_ARN": f"{project_arn}/{build.project_name}",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.resolved_version or "",
        "CODEBUILD_SOURCE_REPO_URL": _repository_url(source),
        "CODEBUILD_SOURCE_VERSION": build.source_version or build.resolved_version or "",
        "CODEBUILD_SRC_DIR": str(folder.source),
        "CODEBUILD_START_TIME": str(int(build.started_at.timestamp() * 1000)),
        **{f"CODEBUILD_SRC_DIR_{name}": str(path) for name, path in secondary.items()},
    }


def _repository_url(source: dict[str, str]) -> str:
    location = source.get("location", "")
    return f"s3://{location}" if source["type"] == "S3" else location
