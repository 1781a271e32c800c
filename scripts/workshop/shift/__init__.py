"""A shift of traffic, as AWS reports it and as a client of the application measures it."""
