"""moto's EC2, with security group rules that keep their descriptions."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule

from emulator.control_plane.base import Emulated


class Ec2Backend(Emulated, EC2Backend):
    """One account's EC2 in one region."""

    def _iterate_security_rules(self, *args: Any, **kwargs: Any) -> Iterator[SecurityGroupRule]:
        """Yield the rules that a request asks for.

        Version: moto 5.2.5 takes a rule's description from its address range alone, and so loses
        that of a rule whose source is another group. Source: botocore's shape UserIdGroupPair.
        """
        for rule in super()._iterate_security_rules(*args, **kwargs):
            if "Description" in rule.source_group:
                rule.ip_range["Description"] = rule.source_group["Description"]
            yield rule
