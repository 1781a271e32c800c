"""CloudWatch: metrics that the load balancers report or anybody puts, and alarms on them."""
