"""The buildspec reader: what it takes, and how it words what it does not."""

import pytest

from emulator.engines.build import OnFailure, Phase
from emulator.engines.buildspec import ArtifactSpec, BuildspecError, PhaseSpec, parse_buildspec

FULL = """\
version: 0.2
run-as: me
env:
  shell: bash
  variables:
    COLOR: blue
    PORT: 80
  parameter-store:
    SECRET: /app/secret
  exported-variables: [COLOR, TAG]
  git-credential-helper: yes
phases:
  install:
    runtime-versions:
      python: 3.11
    commands:
      - echo install
  pre_build:
    run-as: me
    on-failure: CONTINUE
    commands:
      - echo one
      - |
        echo two
        echo three
    finally:
      - echo always
  build:
    on-failure: ABORT
    commands: ["echo 'Hello: world'"]
artifacts:
  files:
    - '**/*'
  name: app-$(date +%Y)
  base-directory: out
  discard-paths: yes
  exclude-paths: ['*.tmp']
  secondary-artifacts:
    docs:
      files: [README.md]
cache:
  paths: ['/var/cache/**/*']
reports:
  unit:
    files: [report.xml]
"""


def test_everything_that_is_emulated_is_read():
    spec = parse_buildspec(FULL, user="me")
    assert spec.version == "0.2"
    assert spec.shell == "bash"
    assert spec.variables == {"COLOR": "blue", "PORT": "80"}
    assert spec.parameter_store == {"SECRET": "/app/secret"}
    assert spec.exported_variables == ("COLOR", "TAG")
    assert spec.phases == {
        Phase.INSTALL: PhaseSpec(commands=("echo install",)),
        Phase.PRE_BUILD: PhaseSpec(
            commands=("echo one", "echo two\necho three\n"),
            finally_commands=("echo always",),
            on_failure=OnFailure.CONTINUE,
        ),
        Phase.BUILD: PhaseSpec(commands=("echo 'Hello: world'",), on_failure=OnFailure.ABORT),
    }
    assert spec.artifacts == ArtifactSpec(
        files=("**/*",),
        name="app-$(date +%Y)",
        base_directory="out",
        discard_paths=True,
        exclude_paths=("*.tmp",),
    )
    assert spec.secondary_artifacts == {"docs": ArtifactSpec(files=("README.md",))}
    assert spec.shares_shell


def test_what_is_accepted_and_not_honoured_is_noted():
    notes = "\n".join(parse_buildspec(FULL, user="me").notes)
    assert "Selecting 'python' runtime version '3.11'" in notes
    assert "cache is not emulated" in notes
    assert "Reports are not emulated" in notes


def test_a_phase_without_commands_is_noted_as_codebuild_does():
    spec = parse_buildspec(
        "version: 0.2\nphases:\n  install:\n    runtime-versions:\n      nodejs: 20\n"
    )
    assert "No commands found for phase name: install" in spec.notes


def test_version_0_1_has_plaintext_variables_and_no_shared_shell():
    spec = parse_buildspec(
        "version: 0.1\n"
        "environment_variables:\n  plaintext:\n    COLOR: red\n"
        "phases:\n  build:\n    commands: [make]\n"
        "artifacts:\n  files: [out/a.txt]\n  discard-paths: yes\n"
    )
    assert spec.variables == {"COLOR": "red"}
    assert not spec.shares_shell
    assert spec.artifacts == ArtifactSpec(files=("out/a.txt",), discard_paths=True)


def test_merge_keys_and_anchors_are_followed():
    spec = parse_buildspec(
        "version: 0.2\nphases:\n"
        "  build: &base\n    on-failure: ABORT\n    commands: [a]\n"
        "  post_build:\n    <<: *base\n    commands: [b]\n"
    )
    assert spec.phases[Phase.POST_BUILD] == PhaseSpec(("b",), on_failure=OnFailure.ABORT)


PHASES = "phases:\n  build:\n    commands: [make]\n"
V2 = "version: 0.2\n"

REFUSED = {
    "empty": ("", "buildspec.yml is empty"),
    "not YAML": (
        f"{V2}phases: [a\n",
        "expected ',' or ']', but got '<stream end>' at line 3 in buildspec.yml",
    ),
    "tab": (
        f"{V2}phases:\n\tbuild: x\n",
        "found character '\\t' that cannot start any token at line 3 in buildspec.yml",
    ),
    "a list": ("- a\n", "Expected the buildspec to be a mapping: found a list at line 1"),
    "a word": ("hello\n", "Expected the buildspec to be a mapping: found `hello` at line 1"),
    "no version": (PHASES, "The buildspec has no `version`; write `version: 0.2`"),
    "unknown version": (
        f"version: 0.3\n{PHASES}",
        "Unsupported buildspec version `0.3`; use 0.2 (or 0.1) at line 1 in buildspec.yml",
    ),
    "no phases": (V2, "The buildspec has no `phases`; name at least one of install, pre_build"),
    "empty phases": (f"{V2}phases:\n", "The buildspec has no `phases`"),
    "misspelt phase": (
        f"{V2}phases:\n  biuld:\n    commands: [a]\n",
        (
            "Invalid buildspec phase name: biuld. Expecting: build,install,post_build,pre_build "
            "at line 3"
        ),
    ),
    "misspelt key of a phase": (
        f"{V2}phases:\n  build:\n    command: [a]\n",
        (
            "Unknown key `command` in phases.build. Expecting: commands,finally,on-failure,run-as "
            "at line 4"
        ),
    ),
    "runtime-versions outside install": (
        f"{V2}phases:\n  build:\n    runtime-versions:\n      python: 3\n",
        "Unknown key `runtime-versions` in phases.build",
    ),
    "unknown key": (
        f"{V2}{PHASES}artefacts:\n  files: [a]\n",
        "Unknown key `artefacts` in the buildspec",
    ),
    "key given twice": (
        f"{V2}phases:\n  build:\n    commands: [a]\n  build:\n    commands: [b]\n",
        "Key `build` is given twice at line 5",
    ),
    "a command with colon and space": (
        f'{V2}\nphases:\n  build:\n    commands:\n     - echo "Hello: world"\n',
        (
            "Expected Commands[0] to be of string type: found subkeys instead at line 6, value of "
            "the key tag on line 5 might be empty"
        ),
    ),
    "an empty command": (
        f"{V2}phases:\n  build:\n    commands:\n      -\n",
        "Expected Commands[0] to be of string type: found nothing instead",
    ),
    "commands as a text": (
        f"{V2}phases:\n  build:\n    commands: make\n",
        "Expected Commands to be a list: found `make` at line 4",
    ),
    "a phase as a list": (
        f"{V2}phases:\n  build:\n    - make\n",
        "Expected phases.build to be a mapping: found a list at line 3",
    ),
    "retry": (
        f"{V2}phases:\n  build:\n    on-failure: RETRY-3\n    commands: [a]\n",
        "`on-failure: RETRY-3` is not emulated; use ABORT or CONTINUE at line 4",
    ),
    "unknown on-failure": (
        f"{V2}phases:\n  build:\n    on-failure: IGNORE\n    commands: [a]\n",
        "Invalid value `IGNORE` of on-failure. Expecting: ABORT,CONTINUE at line 4",
    ),
    "another user": (
        f"{V2}run-as: builder\n{PHASES}",
        "`run-as: builder` is not emulated: commands run as `root` at line 2",
    ),
    "another user of a phase": (
        f"{V2}phases:\n  build:\n    run-as: builder\n    commands: [a]\n",
        "`run-as: builder` is not emulated",
    ),
    "batch": (f"{V2}batch:\n  fast-fail: no\n{PHASES}", "`batch` is not emulated"),
    "secrets manager": (
        f"{V2}env:\n  secrets-manager:\n    A: b\n{PHASES}",
        "`env.secrets-manager` is not emulated",
    ),
    "unknown shell": (
        f"{V2}env:\n  shell: powershell.exe\n{PHASES}",
        "Unsupported shell `powershell.exe`; use sh or bash at line 3",
    ),
    "unknown key of env": (
        f"{V2}env:\n  variable:\n    A: b\n{PHASES}",
        "Unknown key `variable` in env",
    ),
    "a variable that is a mapping": (
        f"{V2}env:\n  variables:\n    A:\n      b: c\n{PHASES}",
        "Expected variables.A to be of string type: found subkeys instead at line 5",
    ),
    "artifacts without files": (
        f"{V2}{PHASES}artifacts:\n  name: a\n",
        "`artifacts` has no `files`",
    ),
    "secondary artifacts without files": (
        f"{V2}{PHASES}artifacts:\n  secondary-artifacts:\n    docs:\n      name: a\n",
        "`secondary-artifacts.docs` has no `files`",
    ),
    "a flag that is none": (
        f"{V2}{PHASES}artifacts:\n  files: [a]\n  discard-paths: maybe\n",
        "Expected discard-paths to be yes or no: found `maybe`",
    ),
    "symlinks": (
        f"{V2}{PHASES}artifacts:\n  files: [a]\n  enable-symlinks: yes\n",
        "`artifacts.enable-symlinks` is not emulated",
    ),
    "env in 0.1": (
        f"version: 0.1\nenv:\n  variables:\n    A: b\n{PHASES}",
        (
            "Unknown key `env` in the buildspec. Expecting: artifacts,batch,environment_variables,"
            "phases,version"
        ),
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_a_buildspec_that_cannot_be_used_is_refused_by_name(text: str, message: str):
    with pytest.raises(BuildspecError) as caught:
        parse_buildspec(text)
    assert message in str(caught.value)
    assert "buildspec.yml" in str(caught.value)
