"""What an environment costs on a real account: the only place with figures.

Source: AWS's prices for us-east-1 as published accounts of March to May 2026 give them, since the
price pages themselves could not be read here: Application Load Balancer $0.0225 an hour (and
$0.008 a capacity unit), Fargate Linux/x86 $0.04048 a vCPU-hour and $0.004445 a GB-hour; public IPv4
address $0.005 an hour, announced in July 2023. Look at AWS's own pages before you plan with them.
"""

from dataclasses import dataclass

REGION = "us-east-1"
READ_ON = "May 2026"

_LOAD_BALANCER_USD = 0.0225
_VCPU_USD = 0.04048
_GB_USD = 0.004445
_PUBLIC_ADDRESS_USD = 0.005

_LOAD_BALANCERS = 2
_ADDRESSES_PER_LOAD_BALANCER = 2
_TASKS = 2
_TASK_VCPU = 0.25
_TASK_GB = 0.5


@dataclass(frozen=True)
class HourlyCost:
    """US dollars an hour, before tax, free tiers, traffic and builds."""

    load_balancers_usd: float
    tasks_usd: float
    addresses_usd: float

    @property
    def total_usd(self) -> float:
        return self.load_balancers_usd + self.tasks_usd + self.addresses_usd


def hourly_cost() -> HourlyCost:
    """Return what lab 1's environment costs an hour in `REGION`."""
    addresses = _LOAD_BALANCERS * _ADDRESSES_PER_LOAD_BALANCER + _TASKS
    return HourlyCost(
        load_balancers_usd=_LOAD_BALANCERS * _LOAD_BALANCER_USD,
        tasks_usd=_TASKS * (_TASK_VCPU * _VCPU_USD + _TASK_GB * _GB_USD),
        addresses_usd=addresses * _PUBLIC_ADDRESS_USD,
    )


def cost_sentence() -> str:
    """Say the hourly cost in one sentence, with its date and region."""
    cost = hourly_cost()
    return (
        f"It costs about ${cost.total_usd:.2f} an hour while it stands "
        f"({_LOAD_BALANCERS} load balancers ${cost.load_balancers_usd:.3f}, "
        f"{_TASKS} Fargate tasks ${cost.tasks_usd:.3f}, "
        f"public addresses ${cost.addresses_usd:.3f}; {REGION}, {READ_ON}; builds and "
        "traffic come on top)."
    )
