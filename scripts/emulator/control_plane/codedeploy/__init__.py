"""AWS CodeDeploy for the compute platform ECS: applications, groups, configurations, deployments.

- `configs`, `groups`: what is declared, and how AWS refuses what it refuses.
- `appspec`, `revisions`: what is to be deployed; `plans` makes the engine's plan of both.
- `models`: the backend, which keeps the courses that `emulator.engines.deployment` decides.
- `views`: botocore's shapes.
"""
