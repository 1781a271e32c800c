"""Finds a build's buildspec, and the parameters that it and its project name.

Source: CodeBuild User Guide, "Buildspec file name and storage location".
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from emulator.control_plane.codebuild.builds import Build
from emulator.data_plane.build_runner.folder import BuildFolder
from emulator.data_plane.build_runner.source import PhaseFailed
from emulator.engines.buildspec import Buildspec, BuildspecError, parse_buildspec
from emulator.runtime import Runtime

DEFAULT_FILE = "buildspec.yml"


def read_buildspec(
    runtime: Runtime,
    build: Build,
    folder: BuildFolder,
    *,
    user: str,
    say: Callable[[str], None],
) -> Buildspec:
    """Read the buildspec that the project (or an override) gives inline, in S3 or by its path.

    Raises: PhaseFailed with YAML_FILE_ERROR.
    """
    given = build.settings["source"].get("buildspec") or DEFAULT_FILE
    if "\n" in given or given.lstrip().startswith("{"):
        file, text = "the inline buildspec", given
        say("YAML is given inline")
    elif given.startswith("arn:"):
        file, text = given, _from_bucket(runtime, build, given)
        say(f"YAML location is {given}")
    else:
        file, text = given, _from_source(folder, given)
        say(f"YAML location is {folder.source / given}")
    try:
        return parse_buildspec(text, file=file, user=user)
    except BuildspecError as error:
        raise PhaseFailed("YAML_FILE_ERROR", str(error)) from error


def resolve_parameters(runtime: Runtime, build: Build, spec: Buildspec) -> dict[str, str]:
    """Return the variables that Parameter Store holds, the project's before the buildspec's.

    Raises: PhaseFailed, naming a parameter that does not exist.
    """
    names = dict(spec.parameter_store)
    for variable in build.settings["environment"]["environmentVariables"]:
        if variable["type"] == "PARAMETER_STORE":
            names[variable["name"]] = variable["value"]
    ssm = runtime.client("ssm", build.account_id, build.region) if names else None
    resolved: dict[str, str] = {}
    for variable_name, parameter in names.items():
        try:
            answer = ssm.get_parameter(Name=parameter, WithDecryption=True)  # type: ignore[union-attr]
        except ClientError as error:
            raise PhaseFailed(
                "Decrypted Variables Error", f"parameter does not exist: {parameter}"
            ) from error
        resolved[variable_name] = str(answer["Parameter"]["Value"])
    return resolved


def _from_source(folder: BuildFolder, path: str) -> str:
    file = (folder.source / path).resolve()
    if not file.is_relative_to(folder.source.resolve()) or not file.is_file():
        raise PhaseFailed(
            "YAML_FILE_ERROR", f"stat {folder.source / path}: no such file or directory"
        )
    return file.read_text(encoding="utf-8", errors="replace")


def _from_bucket(runtime: Runtime, build: Build, arn: str) -> str:
    bucket, _, key = arn.rpartition(":")[2].partition("/")
    s3 = runtime.client("s3", build.account_id, build.region)
    try:
        with s3.get_object(Bucket=bucket, Key=key)["Body"] as body:
            return str(body.read().decode())
    except ClientError as error:
        raise PhaseFailed(
            "YAML_FILE_ERROR", f"{arn}: {error.response['Error']['Message']}"
        ) from error
