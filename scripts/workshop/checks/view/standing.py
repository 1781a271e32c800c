"""What stands: the part of a view that every look at AWS begins with."""

from dataclasses import dataclass
from typing import TypeVar

from workshop.aws import Aws
from workshop.environment import (
    Approval,
    BuildProject,
    Canary,
    CodeDeploy,
    Environment,
    ImageRepository,
    Pipeline,
    Production,
    Service,
    SourceRepository,
)

T = TypeVar("T")


class NotStanding(Exception):
    """What a check looks at is not part of the environment yet."""


@dataclass(frozen=True)
class Standing:
    """One environment, the way to its AWS, and its URLs by service key, such as `staging`.

    Raises, from every property: NotStanding below the step that makes the thing.
    """

    aws: Aws
    environment: Environment
    urls: dict[str, str]

    @property
    def source(self) -> SourceRepository:
        return self._standing(self.environment.source_repository)

    @property
    def images(self) -> ImageRepository:
        return self._standing(self.environment.image_repository)

    @property
    def first_build(self) -> BuildProject:
        return self._standing(self.environment.first_build)

    @property
    def build(self) -> BuildProject:
        return self._standing(self.environment.build)

    @property
    def pipeline(self) -> Pipeline:
        return self._standing(self.environment.pipeline)

    @property
    def production(self) -> Production:
        return self._standing(self.environment.production)

    @property
    def codedeploy(self) -> CodeDeploy:
        return self._standing(self.environment.codedeploy)

    @property
    def approval(self) -> Approval:
        return self._standing(self.environment.approval)

    @property
    def canary(self) -> Canary:
        return self._standing(self.environment.canary)

    def service(self, key: str) -> Service:
        return self._standing(self.environment.services.get(key))

    def _standing(self, part: T | None) -> T:
        if part is None:
            raise NotStanding(f"The environment stands at step {self.environment.step}.")
        return part
