"""The endpoint that classic and newer load balancers share; only the newer ones are emulated."""
