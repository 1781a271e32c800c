"""CodeBuild's operations, and what they refuse."""

import pytest
from build_helpers import ENVIRONMENT, ROLE, Builds
from tests.unit.emulator.refusals import refusal

SPEC = "version: 0.2\nphases:\n  build:\n    commands: ['true']\n"
GIT = {"type": "CODECOMMIT", "location": "http://127.0.0.1:4566/v1/repos/app"}
NONE = {"type": "NO_ARTIFACTS"}


def test_a_project_is_shown_with_codebuilds_defaults(builds: Builds):
    name = builds.project(source=GIT, tags=[{"key": "a", "value": "b"}])
    answer = builds.codebuild.batch_get_projects(names=[name, "none"])
    assert answer["projectsNotFound"] == ["none"]
    (project,) = answer["projects"]
    arn = f"arn:aws:codebuild:us-west-2:123456789012:project/{name}"
    assert project["arn"] == arn
    assert project["timeoutInMinutes"] == 60
    assert project["queuedTimeoutInMinutes"] == 480
    assert project["cache"] == {"type": "NO_CACHE"}
    assert project["badge"] == {"badgeEnabled": False}
    assert project["encryptionKey"].endswith(":alias/aws/s3")
    assert project["environment"]["privilegedMode"] is False
    assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD"
    assert project["tags"] == [{"key": "a", "value": "b"}]
    assert project["created"] == project["lastModified"]
    assert builds.codebuild.batch_get_projects(names=[arn])["projects"][0]["name"] == name


def test_an_update_changes_what_it_names_and_nothing_else(builds: Builds):
    name = builds.project(source=GIT, description="old")
    environment = {
        **ENVIRONMENT,
        "privilegedMode": True,
        "environmentVariables": [{"name": "A", "value": "b"}],
    }
    updated = builds.codebuild.update_project(
        name=name, environment=environment, timeoutInMinutes=7
    )["project"]
    assert updated["environment"]["environmentVariables"] == [
        {"name": "A", "value": "b", "type": "PLAINTEXT"}
    ]
    assert updated["timeoutInMinutes"] == 7
    assert updated["description"] == "old"
    assert updated["source"]["location"] == GIT["location"]
    assert updated["lastModified"] > updated["created"]


def test_a_deleted_project_is_gone_and_its_builds_stay(builds: Builds):
    build = builds.run(SPEC)
    name = build["projectName"]
    for _ in range(2):
        builds.codebuild.delete_project(name=name)
    assert builds.codebuild.batch_get_projects(names=[name])["projectsNotFound"] == [name]
    assert builds.get(build["id"])["buildStatus"] == "SUCCEEDED"
    assert refusal(builds.codebuild.start_build, projectName=name)[0] == (
        "ResourceNotFoundException"
    )


def test_projects_are_listed_in_the_order_that_is_asked_for(builds: Builds, unique):
    prefix = f"order-{unique()}"
    for letter in "bca":
        builds.project(SPEC, name=f"{prefix}-{letter}")

    def listed(**order: str) -> list[str]:
        names = builds.codebuild.list_projects(**order)["projects"]
        return [name[-1] for name in names if name.startswith(prefix)]

    assert listed() == ["a", "b", "c"]
    assert listed(sortBy="NAME", sortOrder="DESCENDING") == ["c", "b", "a"]
    assert listed(sortBy="CREATED_TIME") == ["b", "c", "a"]
    builds.codebuild.update_project(name=f"{prefix}-c", description="new")
    assert listed(sortBy="LAST_MODIFIED_TIME", sortOrder="DESCENDING") == ["c", "a", "b"]


def test_builds_are_listed_newest_first_and_by_pages(builds: Builds, monkeypatch):
    monkeypatch.setattr("emulator.control_plane.codebuild.responses.PAGE_SIZE", 2)
    project = builds.project(SPEC)
    ids = [builds.start(project) for _ in range(3)]
    for build_id in ids:
        builds.ended(build_id)
    first = builds.codebuild.list_builds_for_project(projectName=project)
    rest = builds.codebuild.list_builds_for_project(
        projectName=project, nextToken=first["nextToken"]
    )
    assert first["ids"] + rest["ids"] == ids[::-1]
    assert "nextToken" not in rest
    ascending = builds.codebuild.list_builds_for_project(projectName=project, sortOrder="ASCENDING")
    assert ascending["ids"] == ids[:2]
    assert builds.codebuild.list_builds()["ids"][0] == ids[-1]
    assert [builds.get(build_id)["buildNumber"] for build_id in ids] == [1, 2, 3]


def test_a_retried_build_has_the_settings_of_the_first(builds: Builds):
    project = builds.project(SPEC)
    old = builds.ended(
        builds.start(project, environmentVariablesOverride=[{"name": "A", "value": "b"}])
    )
    new = builds.ended(builds.codebuild.retry_build(id=old["id"])["build"]["id"])
    assert new["buildNumber"] == 2
    assert new["environment"] == old["environment"]


def test_deleted_builds_are_gone_and_the_others_named(builds: Builds):
    build = builds.run(SPEC)
    answer = builds.codebuild.batch_delete_builds(ids=[build["id"], "none:1"])
    assert answer["buildsDeleted"] == [build["arn"]]
    assert answer["buildsNotDeleted"] == [{"id": "none:1", "statusCode": "BUILD_NOT_FOUND"}]
    assert builds.codebuild.batch_get_builds(ids=[build["id"]])["buildsNotFound"] == [build["id"]]


def test_the_same_token_starts_one_build(builds: Builds):
    project = builds.project(SPEC)
    token = f"token-{project}"
    ids = {builds.start(project, idempotencyToken=token) for _ in range(2)}
    assert len(ids) == 1
    code, message = refusal(
        builds.codebuild.start_build,
        projectName=project,
        idempotencyToken=token,
        buildspecOverride=SPEC,
    )
    assert code == "InvalidInputException"
    assert token in message
    builds.ended(ids.pop())


def test_overrides_hold_for_one_build(builds: Builds):
    project = builds.project(source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"})
    build = builds.ended(
        builds.start(
            project,
            sourceTypeOverride="NO_SOURCE",
            artifactsOverride={"type": "NO_ARTIFACTS"},
            buildspecOverride=SPEC,
            timeoutInMinutesOverride=9,
            privilegedModeOverride=True,
            imageOverride="other:1",
        )
    )
    assert build["buildStatus"] == "SUCCEEDED"
    assert build["source"]["type"] == "NO_SOURCE"
    assert build["timeoutInMinutes"] == 9
    assert build["environment"]["privilegedMode"] is True
    assert build["environment"]["image"] == "other:1"
    settings = builds.codebuild.batch_get_projects(names=[project])["projects"][0]
    assert settings["source"]["type"] == "CODEPIPELINE"
    assert settings["timeoutInMinutes"] == 60


def test_a_pipelines_project_is_not_started_directly(builds: Builds):
    project = builds.project(source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"})
    code, message = refusal(builds.codebuild.start_build, projectName=project)
    assert code == "InvalidInputException"
    assert project in message
    assert "sourceTypeOverride" in message


def test_a_second_project_of_one_name_is_refused(builds: Builds):
    name = builds.project(SPEC)
    code, message = refusal(builds.project, buildspec=SPEC, name=name)
    assert code == "ResourceAlreadyExistsException"
    assert message == (
        f"Project already exists: arn:aws:codebuild:us-west-2:123456789012:project/{name}"
    )


REFUSED = {
    "name": ({"name": "no spaces"}, "Only alphanumeric characters, dash, and underscore"),
    "half a pipeline": ({"source": {"type": "CODEPIPELINE"}}, "both sourceType, and artifactType"),
    "no location": ({"source": {"type": "CODECOMMIT"}}, "Project source location is required"),
    "no buildspec": ({"source": {"type": "NO_SOURCE"}}, "buildspec is required"),
    "unknown source": ({"source": {"type": "CVS"}}, "Value 'CVS' at 'source.type' failed"),
    "other source": (
        {"source": {"type": "GITHUB", "location": "https://github.com/a/b"}},
        "Source type GITHUB is not emulated",
    ),
    "no bucket": ({"artifacts": {"type": "S3"}}, "location is required for type S3"),
    "Windows": (
        {"environment": {**ENVIRONMENT, "type": "WINDOWS_CONTAINER"}},
        "Environment type WINDOWS_CONTAINER is not emulated",
    ),
    "compute type": (
        {"environment": {**ENVIRONMENT, "computeType": "TINY"}},
        "Value 'TINY' at 'environment.computeType' failed",
    ),
    "reserved variable": (
        {
            "environment": {
                **ENVIRONMENT,
                "environmentVariables": [{"name": "CODEBUILD_X", "value": ""}],
            }
        },
        "must not start with CODEBUILD_: CODEBUILD_X",
    ),
    "bad variable": (
        {"environment": {**ENVIRONMENT, "environmentVariables": [{"name": "a b", "value": ""}]}},
        "Invalid environment variable name: a b",
    ),
    "secret": (
        {
            "environment": {
                **ENVIRONMENT,
                "environmentVariables": [{"name": "A", "value": "b", "type": "SECRETS_MANAGER"}],
            }
        },
        "Environment variable `A`: type SECRETS_MANAGER is not emulated",
    ),
    "timeout": ({"timeoutInMinutes": 3000}, "Invalid timeoutInMinutes: 3000"),
    "role": (
        {"serviceRole": "arn:aws:iam::999999999999:role/a"},
        "Service role account ID does not match",
    ),
    "S3 logs": (
        {"logsConfig": {"s3Logs": {"status": "ENABLED", "location": "a"}}},
        "logsConfig.s3Logs is not emulated",
    ),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_a_project_that_cannot_be_is_refused(builds: Builds, unique, changes, message: str):
    project = {
        "name": f"refused-{unique()}",
        "source": GIT,
        "artifacts": NONE,
        "environment": ENVIRONMENT,
        "serviceRole": ROLE,
    }
    code, text = refusal(builds.codebuild.create_project, **{**project, **changes})
    assert code == "InvalidInputException"
    assert message in text


def test_a_refused_update_changes_nothing(builds: Builds):
    name = builds.project(source=GIT)
    code, _ = refusal(
        builds.codebuild.update_project, name=name, description="new", source={"type": "S3"}
    )
    assert code == "InvalidInputException"
    project = builds.codebuild.batch_get_projects(names=[name])["projects"][0]
    assert "description" not in project


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("update_project", {"name": "none"}, "ResourceNotFoundException"),
        ("start_build", {"projectName": "none"}, "ResourceNotFoundException"),
        ("stop_build", {"id": "none:1"}, "ResourceNotFoundException"),
        ("stop_build", {"id": "none"}, "InvalidInputException"),
        ("retry_build", {"id": "none:1"}, "ResourceNotFoundException"),
        ("retry_build", {}, "InvalidInputException"),
        ("batch_get_builds", {"ids": ["none"]}, "InvalidInputException"),
        ("batch_get_builds", {"ids": ["a:b"] * 101}, "InvalidInputException"),
        ("list_builds_for_project", {"projectName": "none"}, "ResourceNotFoundException"),
        ("list_builds", {"nextToken": "x"}, "InvalidInputException"),
        ("invalidate_project_cache", {"projectName": "none"}, "ResourceNotFoundException"),
        ("start_build_batch", {"projectName": "none"}, "NotImplementedException"),
    ],
)
def test_what_does_not_exist_is_a_modelled_error(builds: Builds, operation, arguments, code):
    assert refusal(getattr(builds.codebuild, operation), **arguments)[0] == code


def test_a_build_that_runs_is_neither_deleted_nor_retried(builds: Builds):
    spec = "version: 0.2\nphases:\n  build:\n    commands: [sleep 600]\n"
    build_id = builds.start(builds.project(spec))
    answer = builds.codebuild.batch_delete_builds(ids=[build_id])
    assert answer["buildsNotDeleted"] == [{"id": build_id, "statusCode": "BUILD_IN_PROGRESS"}]
    assert refusal(builds.codebuild.retry_build, id=build_id)[0] == "InvalidInputException"
    builds.codebuild.stop_build(id=build_id)
    assert builds.codebuild.stop_build(id=build_id)["build"]["buildStatus"] == "STOPPED"
