"""Flag before variable before default, and names that AWS would refuse."""

from pathlib import Path

import pytest

from workshop.config import load_config
from workshop.errors import UsageError


def load(environ: dict[str, str] | None = None, **flags):
    return load_config({"WORKSHOP_ROOT": "/project", **(environ or {})}, **flags)


def test_defaults_are_the_local_target_and_its_region():
    config = load()
    assert (config.target, config.participant, config.region, config.port, config.debug) == (
        "local",
        "workshop",
        "us-west-2",
        4566,
        False,
    )


@pytest.mark.parametrize(
    ("name", "variable", "from_environ", "from_flag"),
    [
        ("target", "TARGET", "aws", "local"),
        ("participant", "PARTICIPANT", "ana", "ben"),
        ("region", "AWS_REGION", "eu-west-1", "us-east-1"),
    ],
)
def test_flag_beats_variable(name, variable, from_environ, from_flag):
    environ = {"TARGET": "aws", "AWS_REGION": "eu-central-1", variable: from_environ}
    assert getattr(load(environ), name) == from_environ
    with_flag = load(environ, **{name: from_flag})
    assert getattr(with_flag, name) == from_flag


def test_inherited_region_is_nothing_to_the_local_target():
    assert load({"AWS_REGION": "eu-west-1"}).region == "us-west-2"


def test_profile_is_asked_for_the_region_last():
    assert load({"TARGET": "aws"}, profile_region=lambda: "eu-north-1").region == "eu-north-1"
    assert load({"TARGET": "aws", "AWS_DEFAULT_REGION": "us-east-2"}).region == "us-east-2"


@pytest.mark.parametrize(
    ("participant", "rule"),
    [
        ("a", "2 to 20 characters"),
        ("Ana", "only lower-case letters"),
        ("아나", "only lower-case letters"),
        ("1ana", "start with a letter"),
        ("ana-", "not end with a hyphen"),
        ("a" * 21, "2 to 20 characters"),
        ("ana_b", "only lower-case letters"),
        ("ana--b", "two hyphens in a row"),
        ("internal-ana", "`internal-`"),
        ("internal", "`internal-`"),
        ("sg", "`sg-`"),
        ("sthree-ana", "`sthree-`"),
        ("ana\n", "only lower-case letters"),
    ],
)
def test_participant_that_aws_would_refuse_is_named_with_the_rule(participant, rule):
    with pytest.raises(UsageError) as caught:
        load(participant=participant)
    assert f"`{participant}`" in caught.value.message
    assert rule in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("participant", ["an", "ana-b", "a1", "internals", "a" * 20])
def test_participant_that_aws_accepts_is_kept(participant):
    assert load(participant=participant).participant == participant


@pytest.mark.parametrize(
    ("environ", "flags", "named"),
    [
        ({"TARGET": "azure"}, {}, "`azure`"),
        ({"WORKSHOP_PORT": "80"}, {}, "`80`"),
        ({"WORKSHOP_PORT": "http"}, {}, "`http`"),
        ({"TARGET": "aws"}, {}, "No region"),
        ({"TARGET": "aws"}, {"region": "oregon"}, "`oregon`"),
        ({}, {"region": "eu-west-1"}, "`eu-west-1`"),
    ],
)
def test_what_is_wrong_is_named_with_a_remedy(environ, flags, named):
    with pytest.raises(UsageError) as caught:
        load(environ, **flags)
    assert named in caught.value.message
    assert caught.value.remedy


def test_root_is_where_the_package_was_installed_from(tmp_path: Path):
    assert (load_config({}, cwd=tmp_path).root / "scripts" / "workshop").is_dir()
