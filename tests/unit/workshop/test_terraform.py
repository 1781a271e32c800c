"""The adapter: what Terraform is told, what is made of its answers, and Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws
from tests.unit.workshop.fake_terraform import FakeProvider, FakeTerraform

from workshop.aws import Aws
from workshop.config import Config
from workshop.errors import InfrastructureError, Interrupted, UsageError
from workshop.progress import Event, Note, ResourceStarted
from workshop.state import StateStore
from workshop.targets import for_config
from workshop.terraform import Terraform
from workshop.terraform_output import OutputFile
from workshop.terraform_process import LONGEST_HOLD_S, QUIET_S, Minder


@pytest.fixture
def fake(tmp_path, shell: pytest.MonkeyPatch) -> FakeTerraform:
    made = FakeTerraform(tmp_path / "fake")
    shell.setenv("PATH", f"{made.folder}{os.pathsep}{os.environ['PATH']}")
    return made


@pytest.fixture
def aws_config(config: Config, shell: pytest.MonkeyPatch, fake: FakeTerraform) -> Iterator[Config]:
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield replace(config, target="aws", region="us-east-1", inherited=dict(os.environ))


@pytest.fixture
def aws(aws_config: Config) -> Iterator[Aws]:
    made = Aws(aws_config)
    yield made
    made.close()


@pytest.fixture
def terraform(aws_config: Config, aws: Aws) -> Terraform:
    return Terraform(aws_config, for_config(aws_config, aws), aws)


def started(address: str) -> dict[str, Any]:
    resource = {"addr": address, "resource_type": address.split(".")[0]}
    return {"type": "apply_start", "hook": {"resource": resource, "action": "create"}}


def diagnosed(summary: str) -> dict[str, Any]:
    return {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary}}


def test_apply_initialises_once_and_supplies_participant_step_and_folder(
    terraform: Terraform, fake: FakeTerraform, aws_config: Config
):
    terraform.apply("1.2")
    terraform.apply("1.3")
    assert fake.commands() == ["init", "apply", "apply"]
    init, apply, _ = fake.calls()
    assert "-backend-config=key=workshop/terraform.tfstate" in init["args"]
    assert "-backend-config=use_lockfile=true" in init["args"]
    assert apply["args"] == ["apply", "-json", "-auto-approve", "-refresh=true", "-input=false"]
    assert apply["cwd"] == str(aws_config.terraform_dir)
    variables = {name: apply["env"][name] for name in apply["env"] if name.startswith("TF_VAR_")}
    assert variables == {
        "TF_VAR_prefix": "workshop",
        "TF_VAR_step": "1.2",
        "TF_VAR_region": "us-east-1",
        "TF_VAR_s3_use_path_style": "false",
    }
    assert apply["env"]["TF_DATA_DIR"] == str(aws_config.terraform_data_dir)
    assert apply["env"]["CHECKPOINT_DISABLE"] == "1"
    assert "TF_VAR_step" not in os.environ


def test_apply_without_refresh_believes_the_state(terraform: Terraform, fake: FakeTerraform):
    terraform.apply("1.2", refresh=False)
    assert "-refresh=false" in fake.calls()[-1]["args"]


def test_changed_hcl_is_initialised_again(
    terraform: Terraform, fake: FakeTerraform, aws_config: Config
):
    terraform.init()
    assert terraform.init() is False
    (aws_config.terraform_dir / "more.tf").write_text("# a module more")
    assert terraform.init() is True


def test_inherited_arguments_and_workspace_do_not_reach_terraform(
    aws_config: Config, aws: Aws, fake: FakeTerraform
):
    inherited = {**aws_config.inherited, "TF_CLI_ARGS": "-nope", "TF_WORKSPACE": "other"}
    config = replace(aws_config, inherited=inherited)
    Terraform(config, for_config(config, aws), aws).apply("0")
    assert not {"TF_CLI_ARGS", "TF_WORKSPACE"} & set(fake.calls()[-1]["env"])


def test_resources_are_told_as_they_happen(terraform: Terraform, fake: FakeTerraform):
    fake.say(apply={"lines": [started("aws_lb.this")]})
    seen: list[Event] = []
    terraform.apply("0", seen.append)
    assert ResourceStarted("aws_lb.this", "create", 60) in seen


def test_failure_has_status_3_and_the_diagnostic(terraform: Terraform, fake: FakeTerraform):
    fake.say(apply={"lines": [diagnosed("it broke")], "status": 1})
    with pytest.raises(InfrastructureError) as caught:
        terraform.apply("0")
    assert caught.value.message == "`terraform apply` failed with status 1:\nit broke."
    assert caught.value.exit_code == 3


def test_failure_without_json_tells_what_stderr_said(terraform: Terraform, fake: FakeTerraform):
    fake.say(init={"stderr": "flag provided but not defined", "status": 1})
    with pytest.raises(InfrastructureError, match="flag provided but not defined"):
        terraform.apply("0")
    fake.say()
    terraform.apply("0")
    assert fake.commands() == ["init", "init", "apply"]


def test_plan_lists_changes_and_applies_nothing(terraform: Terraform, fake: FakeTerraform):
    change = {"resource": {"addr": "aws_ecs_service.this"}, "action": "create"}
    fake.say(plan={"lines": [{"type": "planned_change", "change": change}]})
    summary = terraform.plan("1.2")
    assert summary.with_action("create") == ["aws_ecs_service.this"]
    assert "apply" not in fake.commands()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_is_forwarded_once_and_terraform_is_waited_for(
    terraform: Terraform, fake: FakeTerraform, shell: pytest.MonkeyPatch, number: signal.Signals
):
    shell.setattr("workshop.terraform_process.QUIET_S", 0.0)
    shell.setattr("workshop.terraform_process.let_go_of_terminal", lambda: None)
    fake.say(apply={"lines": [started("aws_lb.this")], "until_interrupted": True, "status": 1})
    told: list[Event] = []

    def press_twice(event: Event) -> None:
        told.append(event)
        if isinstance(event, ResourceStarted):
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught:
        terraform.apply("0", press_twice)
    assert caught.value.exit_code == 130
    assert "goes on where it stopped" in caught.value.remedy
    assert fake.signals() == ["INT"]
    assert Note("Interrupted: waiting for Terraform to end in order.") in told
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("last_start_s", "interrupted_s", "is_time"),
    [
        (1.0, 1.0, False),  # a resource was begun a second ago: its request may be under way
        (QUIET_S, 1.0, True),
        (1.0, LONGEST_HOLD_S, True),  # a busy Terraform is not waited for without end
    ],
)
def test_interrupt_is_held_back_while_a_resource_was_just_begun(
    aws_config: Config, aws: Aws, shell: pytest.MonkeyPatch, last_start_s, interrupted_s, is_time
):
    now = [100.0 - interrupted_s]
    shell.setattr("workshop.terraform_process.monotonic", lambda: now[0])
    with Minder(for_config(aws_config, aws)) as minder:
        os.kill(os.getpid(), signal.SIGINT)
        now[0] = 100.0 - last_start_s
        minder.note_start()
        now[0] = 100.0
        assert minder._is_time_to_interrupt() is is_time


def test_terraform_whose_emulator_is_lost_is_killed_and_the_loss_told(
    aws_config: Config, aws: Aws, fake: FakeTerraform, shell: pytest.MonkeyPatch
):
    fake.say(apply={"lines": [started("aws_lb.this")], "until_interrupted": True})
    target = for_config(aws_config, aws)
    lost: list[InfrastructureError] = []
    shell.setattr(target, "loss", lambda: lost[0] if lost else None)

    def lose(event: Event) -> None:
        if isinstance(event, ResourceStarted):
            lost.append(InfrastructureError("The emulator ended."))

    with pytest.raises(InfrastructureError, match="The emulator ended"):
        Terraform(aws_config, target, aws).apply("0", lose)
    assert not (fake.folder / "signals.json").exists()


def test_terraform_has_a_process_group_of_its_own(terraform: Terraform, fake: FakeTerraform):
    terraform.apply("0")
    assert {call["pgid"] for call in fake.calls()} & {os.getpgid(0)} == set()


@pytest.fixture
def orphan(aws_config: Config) -> Iterator["subprocess.Popen[bytes]"]:
    """Return what a run that was killed has left: a Terraform that is still at work."""
    output = OutputFile(aws_config.terraform_data_dir / "terraform.log")
    output.clear()
    command = output.writer(["/bin/sh", "-c", "echo at work; read _; echo done"])
    with subprocess.Popen(command, stdin=subprocess.PIPE) as left:
        assert next(output.lines(left)) == b"at work"
        yield left


def test_terraform_of_a_run_that_was_killed_is_waited_for(
    terraform: Terraform, orphan: "subprocess.Popen[bytes]", aws_config: Config
):
    def let_it_end(event: Event) -> None:
        assert f"run that was killed ends (process {orphan.pid})" in str(event)
        orphan.communicate(b"end\n")

    terraform.wait_for_orphan(let_it_end)
    assert orphan.returncode == 0
    said = (aws_config.terraform_data_dir / "terraform.log").read_text()
    assert said == "at work\ndone\n"
    terraform.wait_for_orphan(lambda event: pytest.fail(f"{event}"))


def test_terraform_of_a_run_that_was_killed_ends_with_what_it_worked_on(
    aws_config: Config, aws: Aws, orphan: "subprocess.Popen[bytes]", shell: pytest.MonkeyPatch
):
    target = for_config(aws_config, aws)
    shell.setattr(target, "is_there", lambda: False)
    Terraform(aws_config, target, aws).wait_for_orphan()
    assert orphan.wait() == -signal.SIGKILL


def test_terraform_is_waited_for_where_nobody_hears_what_it_does(
    terraform: Terraform, fake: FakeTerraform, aws_config: Config, shell: pytest.MonkeyPatch
):
    shell.setattr("workshop.terraform_process.QUIET_S", 0.0)
    fake.say(apply={"lines": [started("aws_lb.this")], "until_interrupted": True})

    def break_off(event: Event) -> None:
        if isinstance(event, ResourceStarted):
            os.kill(os.getpid(), signal.SIGINT)
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        terraform.apply("0", break_off)
    assert fake.signals() == ["INT"]
    assert OutputFile(aws_config.terraform_data_dir / "terraform.log").living_writer() is None


@pytest.fixture
def provider(fake: FakeTerraform) -> FakeProvider:
    """Return the provider that `init` finds."""
    return FakeProvider(fake.folder)


@pytest.fixture
def attached(terraform: Terraform, provider: FakeProvider) -> Iterator[Terraform]:
    """Return a Terraform that has a provider to be served."""
    yield terraform
    terraform.close()


def test_commands_of_a_run_use_one_process_of_the_provider_that_init_took(
    attached: Terraform, fake: FakeTerraform, provider: FakeProvider
):
    attached.apply("1.2")
    attached.plan("1.3")
    attached.destroy()
    assert len(provider.starts()) == 1
    init, *others = fake.calls()
    assert "TF_REATTACH_PROVIDERS" not in init["env"]
    (reached,) = {one["env"]["TF_REATTACH_PROVIDERS"] for one in others}
    assert json.loads(reached)["pid"] == provider.starts()[0]["pid"]
    assert provider.told() == []
    attached.close()
    assert provider.told() == [(provider.starts()[0]["pid"], signal.SIGINT)]


def test_provider_has_the_environment_of_its_terraform(
    attached: Terraform, aws_config: Config, provider: FakeProvider
):
    attached.apply("1.2")
    assert provider.starts()[0]["env"].items() >= attached.environment("1.2").items()


def test_provider_ends_with_a_command_that_fails(
    attached: Terraform, fake: FakeTerraform, provider: FakeProvider
):
    fake.say(apply={"lines": [diagnosed("it broke")], "status": 1})
    with pytest.raises(InfrastructureError):
        attached.apply("0")
    assert [pid for pid, _ in provider.told()] == [provider.starts()[0]["pid"]]
    fake.say()
    attached.apply("0")
    assert len(provider.starts()) == 2


def test_terraform_by_hand_starts_its_own_provider(
    attached: Terraform, fake: FakeTerraform, provider: FakeProvider
):
    attached.init()
    attached.run(["plan"])
    assert "TF_REATTACH_PROVIDERS" not in fake.calls()[-1]["env"]
    assert provider.starts() == []


def test_run_hands_on_arguments_and_status(terraform: Terraform, fake: FakeTerraform):
    fake.say(plan={"status": 2})
    assert terraform.run(["plan", "-detailed-exitcode"]) == 2
    assert fake.calls()[-1]["args"] == ["plan", "-detailed-exitcode"]


def test_state_says_where_the_environment_stands(
    terraform: Terraform, aws: Aws, aws_config: Config
):
    assert terraform.variables()["TF_VAR_step"] == "0"
    put_state(aws, aws_config, {"resources": [{}], "outputs": {"step": {"value": "1.3"}}})
    assert terraform.variables()["TF_VAR_step"] == "1.3"


def put_state(aws: Aws, config: Config, state: dict[str, Any], suffix: str = "") -> None:
    store = StateStore(config, aws)
    store.ensure_bucket()
    body = json.dumps(state).encode()
    aws.client("s3").put_object(Bucket=store.bucket, Key=store.key + suffix, Body=body)


def lock_info(who: str) -> dict[str, str]:
    return {"ID": "an-id", "Operation": "OperationTypeApply", "Who": who, "Created": "today"}


def test_lock_of_a_dead_run_is_removed(
    terraform: Terraform, fake: FakeTerraform, aws: Aws, aws_config: Config
):
    put_state(aws, aws_config, lock_info(f"root@{socket.gethostname()}"), ".tflock")
    terraform.apply("0")
    assert fake.commands() == ["init", "force-unlock", "apply"]
    assert fake.calls()[1]["args"] == ["force-unlock", "-force", "an-id"]


def test_provider_that_still_serves_keeps_no_lock(
    attached: Terraform, fake: FakeTerraform, provider: FakeProvider, aws: Aws, aws_config: Config
):
    attached.apply("0")
    put_state(aws, aws_config, lock_info(f"root@{socket.gethostname()}"), ".tflock")
    attached.apply("0")
    assert fake.commands() == ["init", "apply", "force-unlock", "apply"]
    assert provider.told() == []


def test_init_is_made_again_where_somebody_edited_the_hcl_meanwhile(
    terraform: Terraform, fake: FakeTerraform, aws_config: Config
):
    fake.say(init={"lines": [started("aws_lb.this")]})
    edited = aws_config.terraform_dir / "more.tf"
    terraform.init(lambda event: edited.write_text("#") if "aws_lb" in str(event) else None)
    assert edited.exists()
    assert not terraform.is_initialised()


def test_lock_of_another_machine_names_its_holder(
    terraform: Terraform, fake: FakeTerraform, aws: Aws, aws_config: Config
):
    put_state(aws, aws_config, lock_info("ben@elsewhere"), ".tflock")
    with pytest.raises(UsageError) as caught:
        terraform.apply("0")
    assert "`ben@elsewhere`" in caught.value.message
    assert "force-unlock an-id" in caught.value.remedy
    assert fake.commands() == ["init"]
