"""The deployment engine: CodeDeploy's blue/green deployment of an ECS service.

`advance(deployment, event, now)` takes what is, what happened and when, and returns what is now and
the effects that somebody must carry out. It knows no HTTP, moto, threads or files.

- `model`: a deployment's plan, its lifecycle events and its task sets, spelt as AWS spells them.
- `transitions`: which status or phase may follow which, as tables.
- `events`: what can happen, and the effects.
- `observation`, `alarms`: what a deployment reads off its service, its routes and its alarms.
- `turn`, `course`: how it moves on, from phase to phase and to an end.
- `engine`: the rules: what each event does.

Source: "Deployments on an Amazon ECS compute platform" in the CodeDeploy user guide.
"""

from emulator.engines.deployment.engine import Refused, advance, rollback_of

__all__ = ["Refused", "advance", "rollback_of"]
