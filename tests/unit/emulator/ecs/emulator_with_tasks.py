"""A program: an emulator of its own that runs a few tasks and prints their process ids."""

import itertools
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from conftest import ACCOUNT, REGION, SERVER, World, wait_until
from emulator.config import Settings
from emulator.server import Emulator


def main(folder: str, port: str) -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    emulator = Emulator(Settings(data_dir=Path(folder), port=int(port)))
    emulator.start()
    tasks = run_tasks(emulator)
    pids = [int(task["containers"][0]["runtimeId"].split("-")[-1]) for task in tasks]
    print(json.dumps(pids), flush=True)
    stopping.wait()
    emulator.stop()


def run_tasks(emulator: Emulator) -> list[dict[str, Any]]:
    def aws(service: str) -> Any:
        return emulator.runtime.client(service, ACCOUNT, REGION)

    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="t", Description="t", VpcId=vpc)["GroupId"]
    aws("ecs").create_cluster(clusterName="c")
    count = itertools.count()
    world = World(emulator, aws, lambda: f"x{next(count)}", "c", [subnet], group, vpc, "")
    image = world.push({"app/server.py": SERVER}, ["python", "server.py"])
    stubborn = (
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid());"
        "time.sleep(600)"
    )
    arns = [
        world.run(world.define(image)),
        world.run(world.define(image, command=["python", "-c", stubborn])),
    ]
    tasks = [world.wait_running(arn) for arn in arns]
    wait_until(lambda: world.host_port(tasks[0]), "a port")
    return tasks


if __name__ == "__main__":
    main(*sys.argv[1:])
