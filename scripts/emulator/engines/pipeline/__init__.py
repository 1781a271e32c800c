"""The pipeline engine: when executions enter stages, actions start, and how each of them ends.

`advance(pipeline, event, now)` takes what is, what happened and when, and returns what is now and
the effects that somebody must carry out. It knows no HTTP, moto, threads or files.

- `model`: a pipeline's declaration, its executions and their parts, spelt as AWS spells them.
- `transitions`: which status may follow which, as tables.
- `events`: what can happen, and the effects.
- `variables`: `#{namespace.name}` in an action's configuration.
- `turn`: how executions move through stages and actions.
- `engine`: the rules: what each event does.

Source: "How pipeline executions work" (concepts-how-it-works) in the CodePipeline user guide.
"""

from emulator.engines.pipeline.engine import Refused, advance

__all__ = ["Refused", "advance"]
