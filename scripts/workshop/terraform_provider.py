"""The provider as one process, which every Terraform of a run uses.

Left to itself Terraform holds the provider's 700 MB against its lock file at each command, and
starts it anew for each walk of its graph (`docs/decisions`, 23).
Source: Terraform's documentation, "Debugging providers".
"""

import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from workshop.terraform_output import OutputFile

_SERVED = re.compile(rb"TF_REATTACH_PROVIDERS='(.*)'")

_QUIET = {"TF_LOG_SDK": "off", "TF_LOG_PROVIDER_AWS": "off"}
"""For debuggers it would tell of every call and of what AWS answered: megabytes a command.

Source: terraform-plugin-log, "Managing log output".
"""

_PYTHON = (sys.executable, "-I", "-S", "-c")
_END_TIMEOUT_S = 5.0

_KEEPER = """
import fcntl, os, signal, subprocess, sys
output = open(sys.argv[1], "a")  # now, as a run may remove it at its end
provider = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL)
os.close(1)  # the provider's alone
sys.stdin.read()
fcntl.flock(output, fcntl.LOCK_EX)  # once no Terraform writes there
output.close()
provider.send_signal(signal.SIGINT)  # takes its socket along, unlike SIGTERM
try:
    provider.wait(float(sys.argv[2]))
except subprocess.TimeoutExpired:
    provider.kill()
    provider.wait()
"""
"""Ends the provider when our end of its input is closed, as it is too when we are killed.

A Terraform that survives us needs it to its own end.
"""


class ServedProvider:
    """A provider that is started when a Terraform first needs it, and serves until it is closed.

    Terraform that is interrupted tells its provider to stop, after which it does nothing more: it
    is closed then, and the next Terraform gets another. `log_file` has its last words; `output` is
    where those who use it write.
    """

    def __init__(self, log_file: Path, output: OutputFile) -> None:
        self._log_file = log_file
        self._output = output
        self._keeper: subprocess.Popen[bytes] | None = None
        self._variables: dict[str, str] = {}

    def variables(self, binary: Path, environment: Mapping[str, str]) -> dict[str, str]:
        """Return what makes a Terraform use it, with `environment` where it has to be started.

        Nothing if it ends before it serves: a Terraform that starts it by itself tells why.
        """
        if self._keeper is None:
            self._start(binary, environment)
        return self._variables

    def close(self) -> None:
        """End it, and return when it has ended."""
        keeper, self._keeper, self._variables = self._keeper, None, {}
        if keeper is None or keeper.stdin is None:
            return
        keeper.stdin.close()
        keeper.wait()

    def _start(self, binary: Path, environment: Mapping[str, str]) -> None:
        with self._log_file.open("wb") as log:
            self._keeper = subprocess.Popen(
                [
                    *_PYTHON,
                    _KEEPER,
                    str(self._output.path),
                    str(_END_TIMEOUT_S),
                    str(binary),
                    "-debug",
                ],
                env={**environment, **_QUIET},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is not for it
            )
        try:
            self._variables = _served(self._keeper.stdout)
        finally:
            _read_on(self._keeper.stdout)


def _served(output: IO[bytes] | None) -> dict[str, str]:
    """Return what a provider says as soon as it serves; nothing if it ends before."""
    for line in output or ():
        if found := _SERVED.search(line):
            return {"TF_REATTACH_PROVIDERS": found[1].decode()}
    return {}


def _read_on(output: IO[bytes] | None) -> None:
    """Let a provider say more, in the background, so that it never waits for us."""

    def read(pipe: IO[bytes]) -> None:
        with pipe:
            pipe.read()

    if output is not None:
        threading.Thread(target=read, args=(output,), name="provider-output", daemon=True).start()
