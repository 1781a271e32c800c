"""Network interfaces of tasks: a private address in the task's subnet, as awsvpc gives."""

import ipaddress
import random
from typing import Any

from emulator import ids
from emulator.control_plane import registration
from emulator.control_plane.ecs.tasks import NetworkInterface, Task

AWS_RESERVED = 4
"""The first addresses of a subnet, beside the network's. Source: VPC user guide, subnet sizing."""


class NoAddress(Exception):
    """No interface could be made; the message is the stopped reason."""


def attach(task: Task, account: str, region: str) -> None:
    """Give a task its interface. Raises NoAddress. Hold the runtime's lock."""
    network = task.network_configuration.get("awsvpcConfiguration")
    if not network:
        return
    ec2 = registration.backend("ec2", account, region)
    subnet_id = random.choice(network["subnets"])
    try:
        subnet = ec2.get_subnet(subnet_id)
    except Exception as error:
        raise NoAddress(
            "ResourceInitializationError: unable to create a network interface: "
            f"the subnet `{subnet_id}` does not exist"
        ) from error
    interface = ec2.create_network_interface(
        subnet=subnet,
        private_ip_address=_free_address(subnet, ec2.enis.values()),
        group_ids=list(network.get("securityGroups") or []),
        description=f"arn:aws:ecs:{region}:{account}:attachment/{task.id}",
    )
    interface.status = "in-use"
    task.availability_zone = subnet.availability_zone
    task.interface = NetworkInterface(
        attachment_id=ids.new_uuid(),
        subnet_id=subnet.id,
        interface_id=interface.id,
        mac_address=interface.mac_address,
        private_ip=interface.private_ip_address,
    )


def _free_address(subnet: Any, interfaces: Any) -> str:
    network = ipaddress.ip_network(subnet.cidr_block)
    taken = {eni.private_ip_address for eni in interfaces if eni.subnet.id == subnet.id}
    first, last = AWS_RESERVED, network.num_addresses - 2
    for _ in range(1000):
        address = str(network[random.randint(first, last)])
        if address not in taken:
            return address
    raise NoAddress(
        f"ResourceInitializationError: the subnet `{subnet.id}` has no free address left"
    )


def release(task: Task, account: str, region: str) -> None:
    """Delete a task's interface, so that its subnet and security groups can go. Hold the lock."""
    if task.interface is None:
        return
    ec2 = registration.backend("ec2", account, region)
    ec2.enis.pop(task.interface.interface_id, None)
    task.interface.status = "DELETED"
