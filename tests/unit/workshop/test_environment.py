"""Outputs of the root become an environment."""

import pytest

from workshop.environment import BuildProject, LoadBalancer, environment_from_outputs

OUTPUTS = {
    "region": "us-west-2",
    "prefix": "ana",
    "step": "0",
    "clusters": {"staging": "ana-staging", "prod": "ana-prod"},
    "load_balancers": {
        name: {"name": f"ana-{name}", "arn": f"arn:{name}", "dns_name": "localhost", "port": 80}
        for name in ("staging", "prod")
    },
    "source_repository": None,
    "services": None,
    "build": None,
}


def test_what_a_later_step_makes_is_none_below_it():
    environment = environment_from_outputs(OUTPUTS)
    assert environment.pipeline is None
    assert environment.source_repository is None
    assert environment.services == {}


def test_load_balancers_keep_their_ports():
    staging = environment_from_outputs(OUTPUTS).load_balancers.staging
    assert staging == LoadBalancer("ana-staging", "arn:staging", "localhost", 80)


def test_an_output_that_this_version_does_not_know_is_left_out():
    build = {"project": "p", "log_group": "/g", "later": "lab 3"}
    assert environment_from_outputs({**OUTPUTS, "build": build}).build == BuildProject("p", "/g")


@pytest.mark.parametrize("missing", ["step", "clusters", "load_balancers"])
def test_lacking_output_is_an_error(missing):
    with pytest.raises((KeyError, TypeError)):
        environment_from_outputs({**OUTPUTS, missing: None} if missing != "step" else {})
