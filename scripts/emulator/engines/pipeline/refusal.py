"""How the engine says no."""


class Refused(Exception):
    """AWS would refuse this request: `code` is the modelled error's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
