"""What load balancers report: as much as was sent, under AWS's names."""

from datetime import UTC, datetime, timedelta

import pytest
from elb_target import response
from elb_world import eventually, fixed, forward

BALANCER, GROUP = "LoadBalancer", "TargetGroup"
BOTH = (BALANCER, GROUP)


def answering(answer: bytes):
    async def answer_all(_request):
        return answer

    return answer_all


def send(watched, count: int, answer: bytes) -> None:
    watched.target.answer = answering(answer)
    connection = watched.world.connect(watched.listener)
    for _ in range(count):
        connection.request("GET", "/")
        connection.getresponse().read()
        if answer == NONSENSE:
            connection.close()


NONSENSE = b"nonsense\r\n\r\n"


def test_counts_are_what_was_sent(watched):
    send(watched, 7, response())
    send(watched, 3, response("", "404 Not Found"))
    send(watched, 5, response("", "503 Service Unavailable"))
    send(watched, 2, NONSENSE)
    for dimensions in [(BALANCER,), BOTH]:
        watched.wait_for_sum("RequestCount", 17, *dimensions)
        watched.wait_for_sum("HTTPCode_Target_2XX_Count", 7, *dimensions)
        watched.wait_for_sum("HTTPCode_Target_4XX_Count", 3, *dimensions)
        watched.wait_for_sum("HTTPCode_Target_5XX_Count", 5, *dimensions)
        assert watched.statistic("TargetResponseTime", "SampleCount", *dimensions) == 15
        assert 0 < watched.statistic("TargetResponseTime", "Average", *dimensions) < 10
    watched.wait_for_sum("HTTPCode_ELB_5XX_Count", 2, BALANCER)
    assert watched.statistic("HTTPCode_ELB_5XX_Count", "Sum", *BOTH) is None
    watched.wait_for_sum("RequestCountPerTarget", 17, GROUP)


def test_what_did_not_happen_is_not_reported(watched):
    send(watched, 1, response())
    watched.wait_for_sum("HTTPCode_Target_2XX_Count", 1, *BOTH)
    for metric in ("HTTPCode_Target_3XX_Count", "HTTPCode_Target_5XX_Count"):
        assert watched.statistic(metric, "Sum", *BOTH) is None


def test_answer_of_the_load_balancer_alone_is_no_request_to_a_target(watched):
    listener = watched.world.listener(fixed("404"))
    assert watched.world.get(listener)[0] == 404
    watched.wait_for_sum("HTTPCode_ELB_4XX_Count", 1, BALANCER)
    assert watched.statistic("RequestCount", "Sum", BALANCER) is None


def test_requests_of_two_groups_are_told_apart(watched):
    other = watched.world.group()
    watched.world.listener(forward((other, 1)))
    send(watched, 4, response())
    watched.wait_for_sum("RequestCount", 4, *BOTH)
    watched.group_name = other.split(":")[-1]
    assert watched.statistic("RequestCount", "Sum", *BOTH) is None


def test_hosts_are_counted_by_their_health(watched):
    def hosts() -> tuple[float | None, float | None]:
        return tuple(
            watched.statistic(name, "Maximum", *BOTH)
            for name in ("HealthyHostCount", "UnHealthyHostCount")
        )

    eventually(lambda: hosts() == (1, 0))
    sick, address = watched.world.target("sick")
    sick.check_answer = answering(response("", "500 Internal Server Error"))
    watched.world.register(watched.group, address)
    eventually(lambda: hosts() == (1, 1), wait_s=30)


def test_group_without_targets_reports_no_hosts(watched):
    watched.world.deregister(watched.group, watched.address)
    empty = watched.world.group()
    watched.world.listener(forward((empty, 1)))
    eventually(lambda: watched.statistic("HealthyHostCount", "Maximum", *BOTH) is not None)
    watched.group_name = empty.split(":")[-1]
    assert watched.statistic("HealthyHostCount", "Maximum", *BOTH) is None


def test_metrics_are_listed_with_their_dimensions(watched):
    send(watched, 1, response())
    watched.wait_for_sum("RequestCount", 1, *BOTH)
    found = watched.cloudwatch.list_metrics(
        Namespace="AWS/ApplicationELB",
        MetricName="RequestCount",
        Dimensions=[{"Name": BALANCER, "Value": watched.balancer_name}],
    )["Metrics"]
    assert [each["Dimensions"] for each in found] == [
        watched.dimensions(BALANCER),
        watched.dimensions(BALANCER, GROUP),
    ]


@pytest.mark.parametrize(
    ("metric", "unit"), [("RequestCount", "Count"), ("TargetResponseTime", "Seconds")]
)
def test_units_are_awss(watched, metric, unit):
    send(watched, 1, response())
    watched.wait_for_sum("RequestCount", 1, *BOTH)
    now = datetime.now(UTC)
    found = watched.cloudwatch.get_metric_statistics(
        Namespace="AWS/ApplicationELB",
        MetricName=metric,
        Dimensions=watched.dimensions(*BOTH),
        StartTime=now - timedelta(hours=1),
        EndTime=now,
        Period=60,
        Statistics=["Average"],
    )["Datapoints"]
    assert {each["Unit"] for each in found} == {unit}
