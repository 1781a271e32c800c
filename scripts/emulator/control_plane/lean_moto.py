"""Keeps moto and botocore from holding what nobody here asks for, half of the emulator's memory.

It runs before anything of moto is imported that would load it.
"""

import gzip
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

_CATALOGUE = "moto.ec2.models.instance_types"


def leave_out_instance_types() -> None:
    """Import moto's EC2 with an empty catalogue of instance types; `Ec2Backend` refuses their use.

    Does nothing where moto's EC2 is imported already.
    Version: moto 5.2.5, moto/ec2/models/instance_types.py reads every instance type of every
    region when it is imported: about 70 MB and half a second of the start, for machines that are
    not emulated.
    """
    if _CATALOGUE in sys.modules:
        return
    utils: Any = importlib.import_module("moto.utilities.utils")
    load = utils.load_resource

    def load_others(resource: str) -> Any:
        if "instance_type_offerings" in resource:
            return []
        return {} if "instance_types" in resource else load(resource)

    utils.load_resource = load_others
    try:
        importlib.import_module(_CATALOGUE)
    finally:
        utils.load_resource = load


def leave_out_documentation() -> None:
    """Read botocore's models without their documentation: more than half of what they hold.

    moto and every client in this process read models, EC2's alone takes 50 MB as it comes.
    Version: botocore 1.44.5, loaders.py: every loader reads files by `FILE_LOADER_CLASS`.
    """
    Loader.FILE_LOADER_CLASS = _LeanFileLoader


class _LeanFileLoader(JSONFileLoader):
    """Reads what JSONFileLoader reads, into plain dictionaries that keep the order as well."""

    def load_file(self, file_path: str) -> Any:
        for ending, open_file in ((".json", open), (".json.gz", gzip.open)):
            path = Path(f"{file_path}{ending}")
            if path.is_file():
                with open_file(path, "rb") as file:
                    return json.load(file, object_hook=_without_documentation)
        return None


def _without_documentation(read: dict[str, Any]) -> dict[str, Any]:
    """Empty a text about a shape; a member of that name is described by a dictionary, and stays."""
    if isinstance(read.get("documentation"), str):
        read["documentation"] = ""
    return read
