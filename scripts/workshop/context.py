"""What actions and checks work with: one participant's environment on one target."""

from dataclasses import dataclass

from workshop.application.clone import Clone, clone_of
from workshop.aws import Aws
from workshop.checks.view import PRODUCTION, STAGING, TEST, View
from workshop.config import Config
from workshop.environment import Environment
from workshop.progress import Progress
from workshop.targets import Target


@dataclass(frozen=True)
class Context:
    """One environment, the way to its AWS, and who hears of progress."""

    config: Config
    aws: Aws
    target: Target
    environment: Environment
    progress: Progress

    @property
    def view(self) -> View:
        return view_of(self.aws, self.target, self.environment)

    @property
    def clone(self) -> Clone:
        return clone_of(self.config, self.target.child_environment())


def view_of(aws: Aws, target: Target, environment: Environment) -> View:
    """Return what checks look through: an address for each listener that has been made."""
    urls = {STAGING: target.published_url(environment.load_balancers.staging)}
    if environment.production is not None:
        urls[PRODUCTION] = target.published_url(environment.load_balancers.prod)
    if environment.canary is not None:
        port = environment.canary.test_listener.port
        urls[TEST] = target.published_url(environment.load_balancers.prod, port)
    return View(aws, environment, urls)
