"""Outputs of the root become an environment."""

import pytest

from workshop.environment import (
    BuildProject,
    Canary,
    CodeDeploy,
    Listener,
    LoadBalancer,
    Production,
    environment_from_outputs,
)

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


def test_slots_of_a_service_keep_their_target_groups():
    groups = {"blue": "arn:blue", "green": "arn:green"}
    service = {
        "cluster": "ana-prod",
        "container": "hello-server",
        "desired_count": 3,
        "log_group": "/prod",
        "name": "hello-server-prod",
        "target_groups": groups,
        "task_family": "ana-hello-server-prod",
    }
    environment = environment_from_outputs({**OUTPUTS, "services": {"prod": service}})
    assert environment.services["prod"].target_groups == groups


def test_production_and_its_deployments_are_told_where_they_stand():
    environment = environment_from_outputs(
        {
            **OUTPUTS,
            "production": {"listener_arn": "arn:listener", "rule_arn": "arn:rule"},
            "codedeploy": {"application": "ana", "deployment_group": "ana-prod"},
            "approval": None,
        }
    )
    assert environment.production == Production("arn:listener", "arn:rule")
    assert environment.codedeploy == CodeDeploy("ana", "ana-prod")
    assert environment.approval is None


def test_test_port_configurations_and_alarms_are_told_from_their_steps_on():
    canary = {
        "test_listener": {"listener_arn": "arn:l", "rule_arn": "arn:r", "port": 9001},
        "configurations": {"canary": "ana-canary"},
        "alarms": {},
    }
    assert environment_from_outputs(OUTPUTS).canary is None
    found = environment_from_outputs({**OUTPUTS, "canary": canary}).canary
    assert found == Canary(Listener("arn:l", "arn:r", 9001), {"canary": "ana-canary"}, {})


@pytest.mark.parametrize("missing", ["step", "clusters", "load_balancers"])
def test_lacking_output_is_an_error(missing):
    with pytest.raises((KeyError, TypeError)):
        environment_from_outputs({**OUTPUTS, missing: None} if missing != "step" else {})
