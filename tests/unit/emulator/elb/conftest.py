"""The load balancers' tests share the fixtures of `elb_fixtures`, as CloudWatch's do."""

from elb_fixtures import network, world

__all__ = ["network", "world"]
