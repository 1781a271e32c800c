"""What checks look through: AWS's own record of one environment, and its application by HTTP."""

from workshop.checks.view.builds import BuildsView
from workshop.checks.view.deployments import DeploymentsView
from workshop.checks.view.pipelines import PipelinesView
from workshop.checks.view.services import PRODUCTION, STAGING, TEST, ServicesView
from workshop.checks.view.source import SourceView
from workshop.checks.view.standing import NotStanding

__all__ = ["PRODUCTION", "STAGING", "TEST", "NotStanding", "View"]


class View(SourceView, BuildsView, ServicesView, PipelinesView, DeploymentsView):
    """One environment as AWS records it; every property asks AWS anew.

    `urls` maps a service's key, such as `staging`, or `test` to the address that answers for it.
    Raises, from every look: NotStanding below the step that makes the thing, or AWS's errors.
    """
