"""The elbv2 operations that need more than moto's responses give their backend."""

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.responses import ELBV2Response

from emulator.control_plane.base import EmulatedResponse
from emulator.control_plane.elbv2.exceptions import NotEmulated


class Elbv2Response(EmulatedResponse, ELBV2Response):
    """Answers the API version 2015-12-01."""

    validation_error_code = "ValidationError"

    def create_rule(self) -> ActionResult:
        self._refuse_transforms()
        return super().create_rule()

    def modify_rule(self) -> ActionResult:
        self._refuse_transforms()
        return super().modify_rule()

    def _refuse_transforms(self) -> None:
        if self.params.get("Transforms"):
            raise NotEmulated("Transforms of rules are not emulated.")

    def create_listener(self) -> ActionResult:
        self._refuse_tls()
        return super().create_listener()

    def _refuse_tls(self) -> None:
        for name in ("Certificates", "AlpnPolicy", "MutualAuthentication"):
            if self.params.get(name):
                raise NotEmulated(f"`{name}` of a listener is not emulated; listeners speak HTTP.")

    def add_listener_certificates(self) -> ActionResult:
        raise NotEmulated("Certificates of listeners are not emulated; listeners speak HTTP.")

    def remove_listener_certificates(self) -> ActionResult:
        raise NotEmulated("Certificates of listeners are not emulated; listeners speak HTTP.")

    def modify_target_group_attributes(self) -> ActionResult:
        arn = self.params["TargetGroupArn"]
        given = {item["Key"]: item.get("Value", "") for item in self.params["Attributes"]}
        self.elbv2_backend.modify_target_group_attributes(arn, given)
        return ActionResult({"Attributes": self.elbv2_backend.target_groups[arn].attributes})

    def register_targets(self) -> ActionResult:
        self.elbv2_backend.register_targets(self.params["TargetGroupArn"], self.params["Targets"])
        return EmptyResult()
