"""One participant's provisioned set, as the outputs of Terraform's root describe it."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from workshop.aws import Aws
from workshop.config import Config
from workshop.errors import NotPrepared
from workshop.state import StateStore

T = TypeVar("T")


@dataclass(frozen=True)
class Clusters:
    staging: str
    prod: str


@dataclass(frozen=True)
class LoadBalancer:
    name: str
    arn: str
    dns_name: str
    port: int


@dataclass(frozen=True)
class LoadBalancers:
    staging: LoadBalancer
    prod: LoadBalancer


@dataclass(frozen=True)
class SourceRepository:
    name: str
    clone_url_http: str
    branch: str


@dataclass(frozen=True)
class ImageRepository:
    name: str
    url: str


@dataclass(frozen=True)
class BuildProject:
    project: str
    log_group: str


@dataclass(frozen=True)
class Pipeline:
    name: str


@dataclass(frozen=True)
class Service:
    """One ECS service. Shape: `target_groups` maps a slot to the ARN of its target group.

    The slots of `prod` are `blue` and `green`; the one slot of `staging` is called `staging`.
    """

    cluster: str
    name: str
    task_family: str
    container: str
    log_group: str
    target_groups: dict[str, str]
    desired_count: int


@dataclass(frozen=True)
class Production:
    """Where users reach production: the listener, and its rule that forwards to a slot."""

    listener_arn: str
    rule_arn: str


@dataclass(frozen=True)
class CodeDeploy:
    application: str
    deployment_group: str


@dataclass(frozen=True)
class Approval:
    """The pipeline's action that waits for a person, and the topic that tells of it."""

    stage: str
    action: str
    topic_arn: str


@dataclass(frozen=True)
class Listener:
    """A listener of the production load balancer, and its rule that forwards to a slot."""

    listener_arn: str
    rule_arn: str
    port: int


@dataclass(frozen=True)
class Canary:
    """What validates a version and shifts traffic to it.

    Shape: `configurations` maps `canary` and `linear` to the names of deployment configurations
    of the workshop's own, `alarms` a slot to the name of its alarm; empty below their steps.
    """

    test_listener: Listener
    configurations: dict[str, str]
    alarms: dict[str, str]


@dataclass(frozen=True)
class Environment:
    """What stands for one participant; a part that a later step makes is None below it."""

    region: str
    prefix: str
    step: str
    clusters: Clusters
    load_balancers: LoadBalancers
    source_repository: SourceRepository | None = None
    image_repository: ImageRepository | None = None
    first_build: BuildProject | None = None
    build: BuildProject | None = None
    artifact_bucket: str | None = None
    pipeline: Pipeline | None = None
    services: dict[str, Service] = field(default_factory=dict)
    production: Production | None = None
    codedeploy: CodeDeploy | None = None
    approval: Approval | None = None
    canary: Canary | None = None


def load_environment(aws: Aws, config: Config) -> Environment:
    """Return the participant's environment as its state has it.

    Raises: NotPrepared if there is none, or if Terraform was stopped before the outputs were known.
    """
    store = StateStore(config, aws)
    state = store.read()
    if state is None or not state.get("resources"):
        raise NotPrepared(
            f"Environment `{config.participant}` is not prepared on target `{config.target}`: "
            f"no state at `{store.url}`.",
            "Run `make lab1`.",
        )
    outputs = {name: output["value"] for name, output in state.get("outputs", {}).items()}
    try:
        return environment_from_outputs(outputs)
    except (KeyError, TypeError) as error:
        raise NotPrepared(
            f"Environment `{config.participant}` is only partly prepared on target "
            f"`{config.target}`: the state at `{store.url}` lacks the output {error}.",
            "Run `make lab1`, which goes on where it stopped.",
        ) from error


def environment_from_outputs(outputs: dict[str, Any]) -> Environment:
    """Return the outputs of the root as an `Environment`. Raises: KeyError, TypeError."""
    balancers = outputs["load_balancers"]
    return Environment(
        region=outputs["region"],
        prefix=outputs["prefix"],
        step=outputs["step"],
        clusters=_typed(Clusters, outputs["clusters"]),
        load_balancers=LoadBalancers(
            staging=_typed(LoadBalancer, balancers["staging"]),
            prod=_typed(LoadBalancer, balancers["prod"]),
        ),
        source_repository=_optional(SourceRepository, outputs.get("source_repository")),
        image_repository=_optional(ImageRepository, outputs.get("image_repository")),
        first_build=_optional(BuildProject, outputs.get("first_build")),
        build=_optional(BuildProject, outputs.get("build")),
        artifact_bucket=outputs.get("artifact_bucket"),
        pipeline=_optional(Pipeline, outputs.get("pipeline")),
        services={
            key: _typed(Service, value)
            for key, value in (outputs.get("services") or {}).items()
            if value
        },
        production=_optional(Production, outputs.get("production")),
        codedeploy=_optional(CodeDeploy, outputs.get("codedeploy")),
        approval=_optional(Approval, outputs.get("approval")),
        canary=_canary(outputs.get("canary")),
    )


def _canary(value: dict[str, Any] | None) -> Canary | None:
    if value is None:
        return None
    listener = _typed(Listener, value["test_listener"])
    return Canary(listener, dict(value["configurations"]), dict(value["alarms"]))


def _typed(kind: type[T], value: dict[str, Any]) -> T:
    """Build a dataclass from the keys it knows: a root may tell more than this version reads."""
    fields: dict[str, Any] = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: value[name] for name in fields})


def _optional(kind: type[T], value: dict[str, Any] | None) -> T | None:
    return None if value is None else _typed(kind, value)
