"""An embedded AWS for one laptop: moto's data model and wire formats, with engines and data planes.

For learning only. It listens on loopback, keeps nothing across restarts and enforces no IAM policy.
"""
