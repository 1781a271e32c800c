"""A `docker` for builds: makes images from Dockerfiles with no container engine."""
