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
_STAGING_TASKS = 2
_PRODUCTION_TASKS = 3
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


def hourly_cost(tasks: int) -> HourlyCost:
    """Return what an environment with so many tasks costs an hour in `REGION`."""
    addresses = _LOAD_BALANCERS * _ADDRESSES_PER_LOAD_BALANCER + tasks
    return HourlyCost(
        load_balancers_usd=_LOAD_BALANCERS * _LOAD_BALANCER_USD,
        tasks_usd=tasks * (_TASK_VCPU * _VCPU_USD + _TASK_GB * _GB_USD),
        addresses_usd=addresses * _PUBLIC_ADDRESS_USD,
    )


def hourly_cost_of_lab(number: int) -> HourlyCost:
    """Return what a lab costs an hour at most.

    From lab 2 on, a blue/green deployment runs production twice, until the replaced tasks are
    terminated.
    """
    production = 0 if number == 1 else 2 * _PRODUCTION_TASKS
    return hourly_cost(_STAGING_TASKS + production)


def cost_sentence() -> str:
    """Say the hourly cost in one sentence, with its date and region."""
    lab_1 = hourly_cost_of_lab(1)
    lab_2 = hourly_cost(_STAGING_TASKS + _PRODUCTION_TASKS)
    deploying = hourly_cost_of_lab(2)
    return (
        f"It costs about ${lab_1.total_usd:.2f} an hour while lab 1 stands "
        f"({_LOAD_BALANCERS} load balancers ${lab_1.load_balancers_usd:.3f}, "
        f"{_STAGING_TASKS} Fargate tasks ${lab_1.tasks_usd:.3f}, "
        f"public addresses ${lab_1.addresses_usd:.3f}), ${lab_2.total_usd:.2f} from lab 2 on "
        f"({_PRODUCTION_TASKS} tasks more) and ${deploying.total_usd:.2f} while a deployment "
        f"runs those twice ({REGION}, {READ_ON}; builds and traffic come on top)."
    )
