"""A shift shown while it goes on: what there is to see, and the ways of showing it."""
