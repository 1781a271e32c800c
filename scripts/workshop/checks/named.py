"""Every check by its name, for those who wait for one."""

from workshop.checks import blue_green, canary, rolling
from workshop.checks.model import Check

CHECKS: dict[str, Check] = {
    check.name: check for check in (*rolling.CHECKS, *blue_green.CHECKS, *canary.CHECKS)
}
