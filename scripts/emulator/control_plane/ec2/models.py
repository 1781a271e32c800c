"""moto's EC2: networks, and security group rules that keep their descriptions. No instances."""

from collections.abc import Iterator
from typing import Any, NoReturn

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

    # Tasks run on Fargate; the catalogue of instance types is left out (`control_plane.lean_moto`).

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError("EC2 instances; tasks here run on Fargate")

    run_instances = _refuse
    create_fleet = _refuse
    request_spot_fleet = _refuse
    request_spot_instances = _refuse
    describe_instance_types = _refuse
    describe_instance_type_offerings = _refuse
    describe_spot_price_history = _refuse
