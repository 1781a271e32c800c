"""Application load balancers over moto: targets by address and port, with real health."""
