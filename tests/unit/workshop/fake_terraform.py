"""A `terraform` and a provider whose words a test chooses, and which write down how it went."""

import json
import stat
import sys
from pathlib import Path
from typing import Any

_PROGRAM = """#!{python}
import json, os, shutil, signal, sys, time
from pathlib import Path
home = Path({home!r})
script = json.loads((home / "script.json").read_text())
if sys.argv[1:2] == ["version"]:
    print(json.dumps({{"terraform_version": script["version"]}}))
    sys.exit(0)
signals = []
signal.signal(signal.SIGINT, lambda *_: signals.append("INT"))
call = {{"args": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ), "pgid": os.getpgid(0)}}
with (home / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(call) + "\\n")
provider = Path(os.environ.get("TF_DATA_DIR", home)) / "providers/r/hashicorp/aws/5.100.0/here"
if sys.argv[1] == "init":
    provider.mkdir(parents=True, exist_ok=True)
    for binary in home.glob("terraform-provider-aws_*"):
        shutil.copy(binary, provider)
answer = script.get(sys.argv[1], {{}})
for line in answer.get("lines", []):
    print(json.dumps(line), flush=True)
if answer.get("until_interrupted"):
    while not signals:
        time.sleep(0.01)
    print(json.dumps({{"type": "log", "@message": "ending"}}), flush=True)
    (home / "signals.json").write_text(json.dumps(signals))
print(answer.get("stderr", ""), file=sys.stderr)
sys.exit(answer.get("status", 0))
"""

_PROVIDER = """#!{python}
import json, os, signal, sys
from pathlib import Path
started = {{"pid": os.getpid(), "args": sys.argv[1:], "env": dict(os.environ)}}
with Path({log!r}).open("a") as log:
    log.write(json.dumps(started) + "\\n")
if {ends_at_once}:
    sys.exit(1)
signals = {{signal.SIGINT, signal.SIGTERM}}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("Starting", file=sys.stderr, flush=True)
if not {is_mute}:
    print("Provider started. To attach Terraform CLI, set as follows:\\n", flush=True)
    print("\\tTF_REATTACH_PROVIDERS='{{\\"pid\\": %d}}'" % os.getpid(), flush=True)
told = signal.sigwait(signals)
with Path({log!r}).open("a") as log:
    log.write(json.dumps({{"pid": os.getpid(), "told": told}}) + "\\n")
while {ends_never}:
    signal.pause()
"""


class FakeTerraform:
    """Shape: `script` maps a command to `lines`, `status`, `stderr` and `until_interrupted`."""

    def __init__(self, folder: Path, **script: Any) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = folder / "terraform"
        # the kernel's limit: an interpreter's path in a first line has no space
        self.binary.write_text(_PROGRAM.format(python=sys.executable, home=str(folder)))
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)
        self.say(**script)

    def say(self, version: str = "1.11.4", **script: Any) -> None:
        (self.folder / "script.json").write_text(json.dumps({"version": version, **script}))

    def calls(self) -> list[dict[str, Any]]:
        """Return every call but `version`."""
        path = self.folder / "calls.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def commands(self) -> list[str]:
        return [call["args"][0] for call in self.calls()]

    def signals(self) -> list[str]:
        found: list[str] = json.loads((self.folder / "signals.json").read_text())
        return found


class FakeProvider:
    """What a provider with `-debug` does: it says how it is to be reached, and serves."""

    def __init__(
        self,
        folder: Path,
        ends_at_once: bool = False,
        ends_never: bool = False,
        is_mute: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "provider.jsonl"
        self.binary = folder / "terraform-provider-aws_v5.100.0_x5"
        self.binary.write_text(
            _PROVIDER.format(
                python=sys.executable,
                log=str(self._log),
                ends_at_once=ends_at_once,
                ends_never=ends_never,
                is_mute=is_mute,
            )
        )
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)

    def starts(self) -> list[dict[str, Any]]:
        """Return how each of its processes was started."""
        return [one for one in self.said() if "args" in one]

    def told(self) -> list[tuple[int, int]]:
        """Return which process was told to end by which signal."""
        return [(one["pid"], one["told"]) for one in self.said() if "told" in one]

    def said(self) -> list[dict[str, Any]]:
        """Return all that was written down, in its order."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]
