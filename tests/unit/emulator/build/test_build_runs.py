"""Builds in real shells: what their commands see, and what the build shows of them."""

import os
import sys
from pathlib import Path

import psutil
import pytest
from build_helpers import Builds, context, outcomes, wait_until

from emulator.data_plane.build_runner import job
from emulator.server import Emulator

V2 = "version: 0.2\n"


def test_a_build_that_succeeds_shows_every_phase_and_its_log(builds: Builds):
    build = builds.run(f"{V2}phases:\n  build:\n    commands:\n      - echo hello\n")
    assert build["buildStatus"] == "SUCCEEDED"
    assert build["currentPhase"] == "COMPLETED"
    assert list(outcomes(build).values()) == ["SUCCEEDED"] * 10 + [None]
    assert build["logs"]["groupName"] == f"/aws/codebuild/{build['projectName']}"
    assert build["endTime"] >= build["startTime"]
    log = builds.log(build)
    assert log[log.index("Entering phase BUILD") :][:6] == [
        "Entering phase BUILD",
        "",
        "Running command echo hello",
        "hello",
        "Phase complete: BUILD State: SUCCEEDED",
        "Phase context status code:  Message: ",
    ]


def test_directory_and_variables_last_from_command_to_command_and_phase_to_phase(builds: Builds):
    build = builds.run(
        f"{V2}env:\n  variables:\n    COLOR: blue\n"
        "phases:\n"
        "  install:\n    commands:\n"
        "      - mkdir -p deep/er\n"
        "      - cd deep\n"
        "      - TAG='a b'\n"
        "      - export COLOR=red\n"
        "  build:\n    commands:\n"
        '      - cd er; basename "$PWD"\n'
        '      - basename "$(pwd)"; echo "$TAG/$COLOR"; sh -c \'echo child $TAG\'\n'
    )
    log = builds.log(build)
    assert log.count("er") == 2
    assert "a b/red" in log
    assert "child a b" in log


def test_a_failed_command_stops_its_phase_and_runs_finally_and_post_build(builds: Builds):
    build = builds.run(
        f"{V2}phases:\n"
        "  build:\n"
        "    commands:\n      - (exit 7)\n      - echo not reached\n"
        "    finally:\n      - echo finally $CODEBUILD_BUILD_SUCCEEDING\n"
        "  post_build:\n    commands:\n      - echo post $CODEBUILD_BUILD_SUCCEEDING\n"
    )
    assert build["buildStatus"] == "FAILED"
    assert outcomes(build)["BUILD"] == "FAILED"
    assert outcomes(build)["POST_BUILD"] == "SUCCEEDED"
    assert context(build, "BUILD") == (
        "COMMAND_EXECUTION_ERROR",
        "Error while executing command: (exit 7). Reason: exit status 7",
    )
    log = builds.log(build)
    assert "Command did not exit successfully (exit 7) exit status 7" in log
    assert "not reached" not in log
    assert "finally 0" in log
    assert "post 0" in log


def test_a_failed_pre_build_ends_the_build_without_building(builds: Builds):
    build = builds.run(
        f"{V2}phases:\n"
        "  pre_build:\n    commands:\n      - 'false'\n    finally:\n      - echo finally\n"
        "  build:\n    commands:\n      - echo not reached\n"
    )
    assert list(outcomes(build))[-3:] == ["PRE_BUILD", "FINALIZING", "COMPLETED"]
    assert "finally" in builds.log(build)
    assert "not reached" not in builds.log(build)


def test_a_failing_finally_fails_its_phase(builds: Builds):
    build = builds.run(
        f"{V2}phases:\n  post_build:\n    commands: ['true']\n    finally: [(exit 3)]\n"
    )
    assert outcomes(build)["POST_BUILD"] == "FAILED"
    assert context(build, "POST_BUILD")[1].endswith("exit status 3")


@pytest.mark.parametrize(
    ("on_failure", "then"),
    [
        ("ABORT", ["BUILD", "FINALIZING", "COMPLETED"]),
        ("CONTINUE", ["BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"]),
    ],
)
def test_on_failure_says_what_follows(builds: Builds, on_failure: str, then: list[str]):
    build = builds.run(
        f"{V2}phases:\n  build:\n    on-failure: {on_failure}\n    commands: ['false']\n"
    )
    phases = list(outcomes(build))
    assert phases[phases.index("BUILD") :] == then
    assert build["buildStatus"] == "FAILED"


def test_exit_and_set_e_end_a_command_and_not_the_build(builds: Builds):
    build = builds.run(
        f"{V2}phases:\n  build:\n    commands:\n      - exit 0\n      - set -e; true\n"
        "      - echo alive\n"
    )
    assert build["buildStatus"] == "SUCCEEDED"
    assert "alive" in builds.log(build)


def test_bash_is_used_where_the_buildspec_names_it(builds: Builds):
    build = builds.run(
        f"{V2}env:\n  shell: bash\nphases:\n  build:\n    commands:\n"
        "      - words=(one two); echo ${words[1]}-${BASH_VERSION:+bash}\n"
    )
    assert "two-bash" in builds.log(build)


def test_version_0_1_runs_each_command_in_a_shell_of_its_own(builds: Builds):
    build = builds.run(
        "version: 0.1\nenvironment_variables:\n  plaintext:\n    COLOR: red\n"
        "phases:\n  build:\n    commands:\n"
        "      - mkdir a; cd a; TAG=x\n"
        '      - basename "$PWD"; echo "<$TAG>$COLOR"\n'
    )
    assert build["buildStatus"] == "SUCCEEDED"
    assert "src" in builds.log(build)
    assert "<>red" in builds.log(build)


def test_the_start_overrides_the_project_which_overrides_the_buildspec(builds: Builds):
    project = builds.project(
        f"{V2}env:\n  variables: {{A: spec, B: spec, C: spec}}\n"
        "phases:\n  build:\n    commands: [echo $A $B $C]\n",
        environment={
            "environmentVariables": [
                {"name": "B", "value": "project"},
                {"name": "C", "value": "project"},
            ]
        },
    )
    build_id = builds.start(project, environmentVariablesOverride=[{"name": "C", "value": "start"}])
    build = builds.ended(build_id)
    assert "spec project start" in builds.log(build)
    shown = build["environment"]["environmentVariables"]
    assert {"name": "C", "value": "start", "type": "PLAINTEXT"} in shown


def test_codebuild_gives_its_own_variables_and_nothing_of_the_users(
    builds: Builds, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "VIRTUAL_ENV", "MY_SECRET"):
        monkeypatch.setenv(name, "leaked")
    build = builds.run(f"{V2}phases:\n  build:\n    commands: [env]\n")
    seen = dict(line.split("=", 1) for line in builds.log(build) if "=" in line)
    assert "leaked" not in seen.values()
    folder = emulator.settings.data_dir / "builds" / build["id"].split(":")[1]
    expected = {
        "CODEBUILD_BUILD_ARN": build["arn"],
        "CODEBUILD_BUILD_ID": build["id"],
        "CODEBUILD_BUILD_NUMBER": "1",
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_LOG_PATH": build["logs"]["streamName"],
        "CODEBUILD_SRC_DIR": str(folder / "src"),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_ENDPOINT_URL": emulator.settings.endpoint_url,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_REGION": "us-west-2",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert {name: seen.get(name) for name in expected} == expected


def test_python_and_the_aws_cli_are_the_emulators_own(builds: Builds):
    build = builds.run(
        f"{V2}phases:\n  build:\n    commands:\n"
        "      - python -c 'import sys; print(sys.prefix)'\n"
        "      - python3 -c 'import sys; print(sys.prefix)'\n"
        "      - aws sts get-caller-identity --query Account --output text\n"
    )
    log = builds.log(build)
    assert log.count(sys.prefix) == 2
    assert "123456789012" in log


def test_docker_needs_privileged_mode(builds: Builds):
    build = builds.run(f"{V2}phases:\n  build:\n    commands: [docker build .]\n")
    log = "\n".join(builds.log(build))
    assert build["buildStatus"] == "FAILED"
    assert "Cannot connect to the Docker daemon" in log
    assert "set privilegedMode (privileged_mode in Terraform) to true" in log


def test_exported_variables_are_shown_as_the_last_command_left_them(builds: Builds):
    build = builds.run(
        f"{V2}env:\n  exported-variables: [TAG, NOT_SET]\n"
        "phases:\n  build:\n    commands:\n      - TAG=one\n"
        "  post_build:\n    commands:\n      - export TAG=\"two 'x'\"\n"
    )
    assert build["exportedEnvironmentVariables"] == [
        {"name": "TAG", "value": "two 'x'"},
        {"name": "NOT_SET", "value": ""},
    ]


def test_the_log_grows_while_a_command_runs_and_a_stop_kills_all_of_it(
    builds: Builds, emulator: Emulator
):
    project = builds.project(
        f"{V2}phases:\n  build:\n    commands:\n"
        "      - (exec sleep 600) & (setsid sleep 600 &) ; echo begun; wait\n"
        "    finally:\n      - echo not reached\n"
    )
    build_id = builds.start(project)
    builds.wait_for_line(build_id, "begun")
    running = builds.get(build_id)
    assert running["buildStatus"] == "IN_PROGRESS"
    assert running["currentPhase"] == "BUILD"
    assert len(sleepers_of(build_id)) == 2

    stopped = builds.codebuild.stop_build(id=build_id)["build"]
    assert stopped["buildStatus"] == "STOPPED"
    assert outcomes(stopped)["BUILD"] == "STOPPED"
    wait_until(lambda: not sleepers_of(build_id), "the end of every process")
    folder = emulator.settings.data_dir / "builds" / build_id.split(":")[1]
    wait_until(lambda: not folder.exists(), "the end of the build's folder")
    assert builds.get(build_id)["buildStatus"] == "STOPPED"
    assert "not reached" not in builds.log(builds.get(build_id))


def test_a_build_that_outlives_its_timeout_is_timed_out(
    builds: Builds, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(job, "LEAST_TIMEOUT_S", 0.0)
    project = builds.project(
        f"{V2}phases:\n  build:\n    commands: [echo begun; sleep 600]\n", timeoutInMinutes=5
    )
    build_id = builds.start(project)
    builds.wait_for_line(build_id, "begun")
    before = emulator.runtime.clock.scale
    emulator.runtime.clock.scale = 3600
    try:
        build = builds.ended(build_id)
    finally:
        emulator.runtime.clock.scale = before
    assert build["buildStatus"] == "TIMED_OUT"
    assert context(build, "BUILD") == ("BUILD_TIMED_OUT", "Build has timed out. ")
    wait_until(lambda: not sleepers_of(build_id), "the end of every process")


def test_two_builds_run_and_the_third_waits_in_the_queue(builds: Builds):
    project = builds.project(f"{V2}phases:\n  build:\n    commands: [echo begun; sleep 600]\n")
    first, second = builds.start(project), builds.start(project)
    for build_id in (first, second):
        builds.wait_for_line(build_id, "begun")
    third = builds.start(project)
    assert builds.get(third)["currentPhase"] == "QUEUED"
    builds.codebuild.stop_build(id=first)
    builds.wait_for_line(third, "begun")
    for build_id in (second, third):
        builds.codebuild.stop_build(id=build_id)
    wait_until(
        lambda: not [one for build_id in (first, second, third) for one in sleepers_of(build_id)],
        "the end of every process",
    )


def test_a_build_that_waits_in_the_queue_can_be_stopped(builds: Builds):
    project = builds.project(f"{V2}phases:\n  build:\n    commands: [echo begun; sleep 600]\n")
    running = [builds.start(project), builds.start(project)]
    waiting = builds.start(project)
    assert outcomes(builds.codebuild.stop_build(id=waiting)["build"]) == {
        "SUBMITTED": "SUCCEEDED",
        "QUEUED": "STOPPED",
        "COMPLETED": None,
    }
    for build_id in running:
        builds.codebuild.stop_build(id=build_id)
        wait_until(lambda: not sleepers_of(build_id), "the end of every process")  # noqa: B023


def test_a_build_folder_is_gone_when_the_build_is(builds: Builds, emulator: Emulator):
    build = builds.run(f"{V2}phases:\n  build:\n    commands: [touch a]\n")
    folder = emulator.settings.data_dir / "builds" / build["id"].split(":")[1]
    wait_until(lambda: not folder.exists(), "the end of the build's folder")


@pytest.mark.parametrize(
    ("buildspec", "message"),
    [
        ("version: 0.2\nphases: [a\n", "expected ',' or ']'"),
        ("version: 0.9\nphases:\n  build:\n    commands: [a]\n", "version `0.9`"),
        ("version: 0.2\nenv: {}\n", "has no `phases`"),
    ],
)
def test_a_bad_buildspec_fails_the_download(builds: Builds, buildspec: str, message: str):
    build = builds.run(buildspec)
    assert list(outcomes(build))[-3:] == ["DOWNLOAD_SOURCE", "FINALIZING", "COMPLETED"]
    code, text = context(build, "DOWNLOAD_SOURCE")
    assert code == "YAML_FILE_ERROR"
    assert message in text
    assert f"Phase context status code: YAML_FILE_ERROR Message: {text}" in builds.log(build)


def test_a_parameter_that_does_not_exist_is_named(builds: Builds):
    build = builds.run(
        f"{V2}env:\n  parameter-store: {{A: /not/there}}\nphases:\n  build:\n    commands: [a]\n"
    )
    assert context(build, "DOWNLOAD_SOURCE") == (
        "Decrypted Variables Error",
        "parameter does not exist: /not/there",
    )


def test_a_parameter_of_the_store_becomes_a_variable(builds: Builds, aws):
    aws("ssm").put_parameter(Name="/build/secret", Value="hush", Type="SecureString")
    build = builds.run(
        f"{V2}env:\n  parameter-store: {{A: /build/secret}}\n"
        "phases:\n  build:\n    commands: [echo got-$A]\n"
    )
    assert "got-hush" in builds.log(build)


def test_logs_go_to_the_group_and_stream_that_the_project_names(builds: Builds, aws, unique):
    group = f"/ecs-workshop/{unique()}"
    build = builds.run(
        f"{V2}phases:\n  build:\n    commands: [echo hello]\n",
        logsConfig={
            "cloudWatchLogs": {"status": "ENABLED", "groupName": group, "streamName": "first"}
        },
    )
    assert build["logs"]["groupName"] == group
    assert build["logs"]["streamName"] == f"first/{build['id'].split(':')[1]}"
    assert build["logs"]["cloudWatchLogsArn"].endswith(
        f":log-group:{group}:log-stream:{build['logs']['streamName']}"
    )
    assert "hello" in builds.log(build)


def test_a_group_that_is_deleted_meanwhile_does_not_come_back(builds: Builds, tmp_path: Path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    project = builds.project(
        f"{V2}phases:\n  build:\n    commands: ['echo begun; cat {gate}; echo late']\n"
    )
    build_id = builds.start(project)
    builds.wait_for_line(build_id, "begun")
    group = builds.get(build_id)["logs"]["groupName"]
    builds.logs.delete_log_group(logGroupName=group)
    gate.write_text("go\n")
    assert builds.ended(build_id)["buildStatus"] == "SUCCEEDED"
    assert builds.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def sleepers_of(build_id: str) -> list[psutil.Process]:
    """Return the `sleep` processes of one build, whatever session they are in."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if (
                process.info["name"] == "sleep"
                and process.status() != psutil.STATUS_ZOMBIE
                and process.environ().get("CODEBUILD_BUILD_ID") == build_id
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found
