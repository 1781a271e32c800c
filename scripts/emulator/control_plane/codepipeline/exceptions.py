"""CodePipeline's modelled errors. Source: botocore's service model of codepipeline."""

from emulator.control_plane.base import AwsError


class ValidationException(AwsError):
    code = "ValidationException"


class InvalidStructureException(AwsError):
    code = "InvalidStructureException"


class InvalidStageDeclarationException(AwsError):
    code = "InvalidStageDeclarationException"


class InvalidActionDeclarationException(AwsError):
    code = "InvalidActionDeclarationException"


class PipelineNameInUseException(AwsError):
    code = "PipelineNameInUseException"


class PipelineVersionNotFoundException(AwsError):
    code = "PipelineVersionNotFoundException"


class InvalidNextTokenException(AwsError):
    code = "InvalidNextTokenException"


class PipelineNotFoundException(AwsError):
    code = "PipelineNotFoundException"


class PipelineExecutionNotFoundException(AwsError):
    code = "PipelineExecutionNotFoundException"
