"""Each look finds what stands in the way, and gives one remedy."""

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.stub import Stubber
from moto import mock_aws
from tests.unit.workshop.conftest import Command
from tests.unit.workshop.fake_terraform import FakeTerraform

from workshop.aws import Aws
from workshop.config import Config
from workshop.doctor import Doctor, Look


@pytest.fixture
def aws(config: Config) -> Iterator[Aws]:
    made = Aws(config)
    yield made
    made.close()


def doctor(config: Config, aws: Aws, **environ: str) -> Doctor:
    return Doctor(replace(config, inherited={**config.inherited, **environ}), aws)


def test_missing_git_is_told(config: Config, aws: Aws):
    look = doctor(config, aws, PATH="/nowhere").look_at_git()
    assert (look.result, look.found) == ("fail", "not on PATH")
    assert look.remedy.startswith("Install git")


def test_old_git_and_git_without_http_backend_are_told(config: Config, aws: Aws, tmp_path: Path):
    git = tmp_path / "git"
    git.write_text('#!/bin/sh\n[ "$1" = --version ] && echo git version 2.20.1 || pwd\n')
    git.chmod(0o755)
    found = doctor(config, aws, PATH=f"{tmp_path}:{os.defpath}")
    assert found.look_at_git().found == "version 2.20.1"
    assert found.look_at_http_backend().result == "fail"


def test_wrong_terraform_is_told_with_its_version(config: Config, aws: Aws, tmp_path: Path):
    fake = FakeTerraform(tmp_path / "old", version="1.5.7")
    look = doctor(config, aws, PATH=str(fake.folder)).look_at_terraform()
    assert look.result == "fail"
    assert "1.5.7" in look.found


def test_mirror_that_is_found_is_named(config: Config, aws: Aws, tmp_path: Path):
    look = doctor(config, aws, WORKSHOP_MIRROR="/nowhere").look_at_provider()
    assert look.result in {"ok", "warn"}
    assert bool(look.remedy) == (look.result == "warn")


def test_proxy_without_an_exemption_is_a_warning(config: Config, aws: Aws):
    proxy = {"HTTP_PROXY": "http://proxy:3128"}
    assert doctor(config, aws, **proxy).look_at_proxy().result == "warn"
    exempt = doctor(config, aws, **proxy, NO_PROXY="127.0.0.1").look_at_proxy()
    assert exempt.result == "ok"


def test_certificate_bundle_that_is_missing_is_named(config: Config, aws: Aws):
    look = doctor(config, aws, AWS_CA_BUNDLE="/nowhere/ca.pem").look_at_bundles()
    assert look.result == "fail"
    assert "`AWS_CA_BUNDLE=/nowhere/ca.pem`" in look.found


def test_port_of_somebody_else_is_told(config: Config, aws: Aws):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", config.port))
        taken.listen()
        look = doctor(config, aws).look_at_port()
    assert look.result == "fail"
    assert f"process {os.getpid()}" in look.found


def test_account_is_looked_at_on_target_aws(config: Config, shell: pytest.MonkeyPatch):
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    aws_config = replace(config, target="aws", region="eu-west-1", inherited=dict(os.environ))
    with mock_aws():
        aws = Aws(aws_config)
        with Stubber(aws.client("codecommit")) as stub:  # moto has no list_repositories
            stub.add_response("list_repositories", {"repositories": []})
            looks = {look.name: look for look in Doctor(aws_config, aws).looks()}
        aws.close()
    assert looks["credentials"].found == "account 123456789012, region eu-west-1"
    assert looks["endpoint"].result == "ok"
    assert looks["ECS service-linked role"].result == "warn"
    assert looks["CodeCommit"].result == "ok"


def test_what_needs_an_account_is_not_looked_at_where_none_can_be_asked(
    config: Config, shell: pytest.MonkeyPatch
):
    def looked_at(**environ: str) -> list[tuple[str, str]]:
        inherited = {**os.environ, **environ}
        aws_config = replace(config, target="aws", region="eu-west-1", inherited=inherited)
        aws = Aws(aws_config)
        looks = [(look.name, look.result) for look in Doctor(aws_config, aws).looks()]
        aws.close()
        return looks[-3:]

    assert looked_at() == [("endpoint", "ok"), ("credentials", "fail"), ("clock", "ok")]
    endpoint = looked_at(AWS_ENDPOINT_URL="http://localhost:4566")
    assert endpoint[1:] == [("endpoint", "fail"), ("clock", "ok")]


def test_command_ends_with_2_and_every_remedy(workshop: Command, shell: pytest.MonkeyPatch):
    shell.setattr(
        Doctor,
        "looks",
        lambda _: iter(
            [
                Look("git", "ok", "version 2.39.5"),
                Look("proxy", "warn", "set", "Exempt loopback."),
                Look("port", "fail", "taken", "Free it."),
            ]
        ),
    )
    outcome = workshop("doctor")
    assert outcome.exit_code == 2
    assert outcome.stdout == (
        "Look   Result  Found\ngit    ok      version 2.39.5\nproxy  warn    set\n"
        "port   fail    taken\n"
    )
    assert outcome.stderr == "proxy: Exempt loopback.\n1 of 3 looks failed.\nport: Free it.\n"
    names = [look["name"] for look in json.loads(workshop("doctor", "--json").stdout)]
    assert names == ["git", "proxy", "port"]


def test_every_look_that_is_not_ok_has_one_remedy(workshop: Command):
    for look in json.loads(workshop("doctor", "--json").stdout):
        assert bool(look["remedy"]) == (look["result"] != "ok"), look
