"""Keeps moto from loading what nobody here asks for; it runs before moto's EC2 is imported.

Version: moto 5.2.5, moto/ec2/models/instance_types.py reads every instance type of every region
when it is imported: 110 MB and a third of the time to start, for machines that are not emulated.
"""

import importlib
import sys
from typing import Any

_CATALOGUE = "moto.ec2.models.instance_types"


def leave_out_instance_types() -> None:
    """Import moto's EC2 with an empty catalogue of instance types; `Ec2Backend` refuses their use.

    Does nothing where moto's EC2 is imported already.
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
