"""Target `aws` refuses what would go wrong there, before anything is made."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from workshop.aws import Aws
from workshop.config import Config
from workshop.environment import LoadBalancer
from workshop.errors import InfrastructureError, UsageError
from workshop.progress import Progress, silent
from workshop.targets import (
    AwsTarget,
    LocalTarget,
    ensure_ecs_role,
    for_config,
    has_ecs_role,
    look_at_codecommit,
)


@pytest.fixture
def aws_config(config: Config, shell: pytest.MonkeyPatch) -> Config:
    return replace(config, target="aws", region="eu-west-1", inherited=dict(os.environ))


@pytest.fixture
def aws(aws_config: Config, shell: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Return AWS with keys that nobody knows; every call is stubbed or mocked."""
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    made = Aws(aws_config)
    yield made
    made.close()


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECS"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_inherited_loopback_endpoint_is_refused_and_named(
    aws_config: Config, aws: Aws, name: str, host: str
):
    url = f"http://{host}:4566"
    target = AwsTarget(replace(aws_config, inherited={name: url}), aws)
    with pytest.raises(UsageError) as caught:
        target.ensure_ready(silent)
    assert f"`{name}` is `{url}`" in caught.value.message
    assert f"`unset {name}`" in caught.value.remedy


def test_no_client_is_made_for_a_loopback_endpoint(aws_config: Config):
    made = Aws(replace(aws_config, inherited={"AWS_ENDPOINT_URL": "http://localhost:4566"}))
    with pytest.raises(UsageError, match="`AWS_ENDPOINT_URL` is"):
        made.client("s3")


def test_profile_with_a_loopback_endpoint_is_refused(
    aws_config: Config, shell: pytest.MonkeyPatch, tmp_path: Path
):
    file = tmp_path / "config"
    file.write_text("[default]\nendpoint_url = http://127.0.0.1:4566\n")
    shell.setenv("AWS_CONFIG_FILE", str(file))
    made = Aws(aws_config)
    with pytest.raises(UsageError, match=r"profile has `endpoint_url` `http://127\.0\.0\.1:4566`"):
        made.client("s3")


def test_missing_credentials_end_with_2(aws_config: Config, shell: pytest.MonkeyPatch):
    made = Aws(aws_config)
    with pytest.raises(UsageError, match="no AWS credentials") as caught:
        _ = made.account_id
    made.close()
    assert "aws sso login" in caught.value.remedy


@pytest.mark.parametrize(
    ("code", "told"),
    [("ExpiredToken", "have expired"), ("InvalidClientTokenId", "does not know these credentials")],
)
def test_credentials_that_aws_refuses_end_with_2(aws: Aws, code: str, told: str):
    with Stubber(aws.client("sts")) as stub:
        stub.add_client_error("get_caller_identity", code)
        with pytest.raises(UsageError, match=told):
            _ = aws.account_id


def test_profile_that_does_not_exist_is_named(aws_config: Config, shell: pytest.MonkeyPatch):
    shell.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="nobody"):
        _ = Aws(aws_config).account_id


def test_local_target_takes_nothing_from_profile_or_keys(config: Config, shell: pytest.MonkeyPatch):
    shell.setenv("AWS_PROFILE", "nobody")
    shell.setenv("AWS_CA_BUNDLE", "/nowhere")
    made = Aws(config)
    client = made.client("ecs")
    assert client.meta.endpoint_url == f"http://127.0.0.1:{config.port}"
    assert made.account_id == "123456789012"
    made.close()
    inherited = {"AWS_PROFILE": "nobody", "AWS_SESSION_TOKEN": "x", "PATH": "/bin"}
    environment = for_config(replace(config, inherited=inherited)).child_environment()
    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert environment["PATH"] == "/bin"


def test_loopback_joins_the_exempt_hosts_that_a_person_named(config: Config):
    inherited = {"no_proxy": "intranet, 127.0.0.1"}
    target = for_config(replace(config, inherited=inherited))
    assert isinstance(target, LocalTarget)
    assert target.aws_environment()["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1,.localhost"


class Emulator:
    """One that a test lets run, end and be stopped."""

    log_file = Path("emulator.log")

    def __init__(self, is_alive: bool = False, is_lost: bool = False) -> None:
        self._is_alive, self._is_lost = is_alive, is_lost

    def start(self, _progress: Progress) -> bool:
        self._is_alive, self._is_lost = True, False
        return True

    def end(self, *, is_stopped: bool) -> None:
        self._is_alive, self._is_lost = False, not is_stopped

    def is_alive(self) -> bool:
        return self._is_alive

    def is_lost(self) -> bool:
        return self._is_lost


@pytest.mark.parametrize("is_stopped", [True, False], ids=["stopped", "killed"])
@pytest.mark.parametrize("is_started_by_us", [True, False])
def test_emulator_that_ends_under_a_run_is_its_loss(
    config: Config, is_stopped: bool, is_started_by_us: bool
):
    emulator = Emulator(is_alive=not is_started_by_us)
    target = LocalTarget(config, emulator)  # type: ignore[arg-type]
    target.ensure_ready(silent)
    assert target.is_there()
    assert target.loss() is None
    emulator.end(is_stopped=is_stopped)
    assert not target.is_there()
    lost = target.loss()
    assert lost is not None
    assert "`emulator.log`" in lost.message


@pytest.mark.parametrize("is_lost", [True, False])
def test_emulator_that_a_run_never_had_is_its_loss_only_where_it_was_not_stopped(
    config: Config, is_lost: bool
):
    target = LocalTarget(config, Emulator(is_lost=is_lost))  # type: ignore[arg-type]
    assert not target.is_there()
    assert (target.loss() is not None) is is_lost


def test_account_is_always_there(aws_config: Config, aws: Aws):
    target = AwsTarget(aws_config, aws)
    assert target.is_there()
    assert target.loss() is None


def test_creation_is_asked_for_with_account_region_and_cost(aws_config: Config, aws: Aws):
    asked: list[str] = []
    with mock_aws(), pytest.raises(UsageError, match="Nothing was made"):
        AwsTarget(aws_config, aws).confirm_creation(lambda text: bool(asked.append(text)))
    assert "account 123456789012, region eu-west-1" in asked[0]
    assert "an hour" in asked[0]


def test_ecs_role_is_made_once(aws: Aws):
    with mock_aws():
        assert has_ecs_role(aws) is False
        assert ensure_ecs_role(aws) is True
        assert ensure_ecs_role(aws) is False


def test_codecommit_that_refuses_is_named_with_its_code(aws: Aws):
    with Stubber(aws.client("codecommit")) as stub:
        stub.add_client_error("list_repositories", "AccessDeniedException")
        with pytest.raises(UsageError, match="AccessDeniedException"):
            look_at_codecommit(aws)


def test_region_without_codecommit_is_told(aws_config: Config, shell: pytest.MonkeyPatch):
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    shell.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing is reached through it
    shell.setenv("AWS_MAX_ATTEMPTS", "1")
    made = Aws(aws_config)
    with pytest.raises(InfrastructureError, match="could not be asked"):
        look_at_codecommit(made)
    made.close()


@pytest.mark.parametrize(
    ("port", "url"), [(None, "http://lb.example"), (8443, "http://lb.example:8443")]
)
def test_published_address_is_the_balancers_own(aws_config: Config, aws: Aws, port, url):
    balancer = LoadBalancer("ana-staging", "arn", "lb.example", 80)
    assert AwsTarget(aws_config, aws).published_url(balancer, port) == url


def test_git_finds_its_helper_for_codecommit_though_the_shell_does_not(
    aws_config: Config, aws: Aws
):
    """`make` calls `.venv/bin/workshop` by its path, so the shell need not know that folder."""
    config = replace(aws_config, inherited={"PATH": os.defpath})
    assert shutil.which("git-remote-codecommit", path=os.defpath) is None
    path = AwsTarget(config, aws).child_environment()["PATH"]
    assert path.startswith(os.defpath + os.pathsep)
    assert shutil.which("git-remote-codecommit", path=path) is not None
