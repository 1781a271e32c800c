"""The pipeline engine: when executions enter stages, actions start, and how each of them ends.

`advance(pipeline, event, now)` takes what is, what happened and when, and returns what is now and
the effects that somebody must carry out. It knows no HTTP, moto, threads or files.

- `declaration`: a pipeline's stages and actions.
- `model`: its executions and their parts, spelt as AWS spells them.
- `transitions`: which status may follow which, as tables.
- `events`: what can happen, and the effects.
- `variables`: `#{namespace.name}` in an action's configuration.
- `turn`, `actions`: how executions move through stages, and what starts and ends their actions.
- `approvals`: how a manual approval is answered, or expires.
- `engine`: the rules: what each event does.

Source: "How pipeline executions work" (concepts-how-it-works) in the CodePipeline user guide.
"""

from emulator.engines.pipeline.engine import advance
from emulator.engines.pipeline.refusal import Refused

__all__ = ["Refused", "advance"]
