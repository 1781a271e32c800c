"""Carries out what the deployment engine decides: CodeDeploy at work on a service and its routes.

- `driver`: the thread that looks at every deployment under way, and lets time pass for it.
- `observing`: how a service, its task sets and its listeners are now.
- `effects`: what changes them.
- `notices`: what CodeDeploy tells EventBridge.
"""
