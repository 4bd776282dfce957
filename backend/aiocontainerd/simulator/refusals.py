"""How the simulated daemon says no: a gRPC code's name and containerd's own words."""


class Refused(Exception):
    """The call fails with this code (`NOT_FOUND`, …) and this text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def not_found(what: str) -> Refused:
    """`what` names the thing: `container "web"`."""
    return Refused("NOT_FOUND", f"{what}: not found")


def already_exists(what: str) -> Refused:
    """`what` names the thing: `container "web"`."""
    return Refused("ALREADY_EXISTS", f"{what}: already exists")


def failed_precondition(what: str) -> Refused:
    """The thing is in a state that forbids this."""
    return Refused("FAILED_PRECONDITION", f"{what}: failed precondition")


def invalid(what: str) -> Refused:
    """The caller's input is wrong."""
    return Refused("INVALID_ARGUMENT", f"{what}: invalid argument")
