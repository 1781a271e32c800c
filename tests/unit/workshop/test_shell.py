"""`workshop env` makes a shell's tools mean this participant and target."""

import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from tests.unit.workshop.conftest import Command

from workshop.config import Config
from workshop.environment import Canary, Listener, Production, environment_from_outputs
from workshop.errors import InfrastructureError
from workshop.shell import shell_lines, shell_variables
from workshop.targets import LocalTarget

SHELLS = [name for name in ("sh", "bash", "zsh") if shutil.which(name)]


@pytest.mark.parametrize("name", SHELLS)
def test_exports_survive_the_shell_in_a_folder_with_a_space(
    workshop: Command, shell: pytest.MonkeyPatch, config: Config, name: str
):
    shell.setenv("AWS_PROFILE", "nobody's")
    shell.setenv("AWS_SESSION_TOKEN", "leaked")
    printed = workshop("env")
    assert printed.exit_code == 0
    script = (
        'eval "$1"; printf "%s|" "$AWS_ENDPOINT_URL" "${AWS_PROFILE-none}" '
        '"${AWS_SESSION_TOKEN-none}" "$TF_DATA_DIR" "$TF_VAR_step" "$PARTICIPANT" "$WORKSHOP_PORT" '
        '"$NO_PROXY"'
    )
    said = subprocess.run(
        [name, "-c", script, "-", printed.stdout], capture_output=True, text=True, check=True
    ).stdout
    assert said == (
        f"http://127.0.0.1:{config.port}|none|none|"
        f"{config.root}/.workshop/terraform/local/workshop|0|workshop|{config.port}|"
        "127.0.0.1,localhost,::1,.localhost|"
    )


def test_value_with_quotes_is_quoted():
    assert shell_lines({"A": "it's $HOME"}, ["B"]) == ["unset B", "export A='it'\"'\"'s $HOME'"]


def test_path_begins_with_the_projects_tools_and_repeats_none(
    workshop: Command, shell: pytest.MonkeyPatch
):
    shell.setenv("PATH", f"/one:/two:/one:{os.environ['PATH']}")
    (line,) = [
        line for line in workshop("env").stdout.splitlines() if line.startswith("export PATH=")
    ]
    folders = line.removeprefix("export PATH=").split(":")
    assert folders[0].endswith("/bin")
    assert folders.count("/one") == 1


def test_addresses_are_exported_once_they_exist(config: Config):
    class Emulator:
        url = "http://127.0.0.1:4566"

        def is_alive(self):
            return True

        def listeners(self):
            return [
                {"loadBalancerArn": "arn:staging", "port": 80, "publishedPort": 8080},
                {"loadBalancerArn": "arn:prod", "port": 80, "publishedPort": 8090},
                {"loadBalancerArn": "arn:prod", "port": 9001, "publishedPort": 9001},
            ]

    class Terraform:
        def variables(self):
            return {}

    balancers = {
        name: {"name": name, "arn": f"arn:{name}", "dns_name": "localhost", "port": 80}
        for name in ("staging", "prod")
    }
    source = {"name": "app", "clone_url_http": "http://127.0.0.1/v1/repos/app", "branch": "main"}
    outputs = {
        "region": "us-west-2",
        "prefix": "ana",
        "step": "1.1",
        "clusters": {"staging": "s", "prod": "p"},
        "load_balancers": balancers,
    }
    target = LocalTarget(config, Emulator())
    foundation = environment_from_outputs(outputs)
    variables = shell_variables(config, target, Terraform(), foundation)
    assert variables["STAGING_URL"] == "http://127.0.0.1:8080"
    assert "CLONE_URL" not in variables
    later = replace(
        foundation,
        source_repository=environment_from_outputs(
            {**outputs, "source_repository": source}
        ).source_repository,
    )
    variables = shell_variables(config, target, Terraform(), later)
    assert variables["CLONE_URL"] == "http://127.0.0.1/v1/repos/app"
    assert "PRODUCTION_URL" not in variables
    production = Production(listener_arn="arn:listener", rule_arn="arn:rule")
    variables = shell_variables(config, target, Terraform(), replace(later, production=production))
    assert variables["PRODUCTION_URL"] == "http://127.0.0.1:8090"
    assert "TEST_URL" not in variables
    listener = Listener("arn:test", "arn:test-rule", 9001)
    validating = replace(later, production=production, canary=Canary(listener, {}, {}))
    variables = shell_variables(config, target, Terraform(), validating)
    assert variables["TEST_URL"] == "http://127.0.0.1:9001"
    with pytest.raises(InfrastructureError, match="no listener on port 8443"):
        target.published_url(foundation.load_balancers.prod, 8443)
