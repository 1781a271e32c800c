"""CloudWatch's operations: parameters in, botocore's shapes out."""

from moto.cloudwatch.responses import CloudWatchResponse as MotoCloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import get_service_model

from emulator.control_plane.base import EmulatedResponse
from emulator.control_plane.cloudwatch import exceptions as refuse
from emulator.control_plane.cloudwatch import queries, validation
from emulator.control_plane.cloudwatch.models import CloudWatchBackend
from emulator.control_plane.registration import backend


class CloudWatchResponse(EmulatedResponse, MotoCloudWatchResponse):
    """Answers CloudWatch's operations on metrics and on alarms of one metric."""

    validation_error_code = "ValidationError"

    @property
    def cloudwatch_backend(self) -> CloudWatchBackend:
        found: CloudWatchBackend = backend("cloudwatch", self.current_account, self.region)
        return found

    def _refuse_invalid_input(self, operation: str) -> None:
        super()._refuse_invalid_input(operation)
        shape = get_service_model("cloudwatch").operation_model(operation).input_shape
        if shape is not None:
            validation.refuse_outside_enums(self.params, shape)

    # Metrics

    def put_metric_data(self) -> ActionResult:
        if self.params.get("EntityMetricData"):
            raise refuse.NotEmulated(
                "cloudwatch:PutMetricData's `EntityMetricData` is not emulated."
            )
        namespace = self.params["Namespace"]
        validation.refuse_namespace(namespace)
        self.cloudwatch_backend.put_metric_data(namespace, self.params.get("MetricData") or [])
        return EmptyResult()

    def get_metric_statistics(self) -> ActionResult:
        return ActionResult(queries.metric_statistics(self.cloudwatch_backend, self.params))

    def get_metric_data(self) -> ActionResult:
        return ActionResult(queries.metric_data(self.cloudwatch_backend, self.params))

    def list_metrics(self) -> ActionResult:
        return ActionResult(queries.list_metrics(self.cloudwatch_backend, self.params))

    # Alarms

    def put_metric_alarm(self) -> ActionResult:
        self.cloudwatch_backend.put_alarm(self.params)
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        return ActionResult(queries.describe_alarms(self.cloudwatch_backend, self.params))

    def describe_alarms_for_metric(self) -> ActionResult:
        return ActionResult(queries.alarms_for_metric(self.cloudwatch_backend, self.params))

    def describe_alarm_history(self) -> ActionResult:
        return ActionResult(queries.alarm_history(self.cloudwatch_backend, self.params))

    def list_tags_for_resource(self) -> ActionResult:
        tags = self.cloudwatch_backend.tags_of(self.params["ResourceARN"])
        return ActionResult({"Tags": [{"Key": key, "Value": tags[key]} for key in tags]})

    # Contributor Insights: a rule that counts nothing would be a quiet success.

    def put_insight_rule(self) -> ActionResult:
        raise refuse.NotEmulated("cloudwatch:PutInsightRule is not emulated.")

    def describe_insight_rules(self) -> ActionResult:
        raise refuse.NotEmulated("cloudwatch:DescribeInsightRules is not emulated.")

    def delete_insight_rules(self) -> ActionResult:
        raise refuse.NotEmulated("cloudwatch:DeleteInsightRules is not emulated.")

    def disable_insight_rules(self) -> ActionResult:
        raise refuse.NotEmulated("cloudwatch:DisableInsightRules is not emulated.")

    def enable_insight_rules(self) -> ActionResult:
        raise refuse.NotEmulated("cloudwatch:EnableInsightRules is not emulated.")
