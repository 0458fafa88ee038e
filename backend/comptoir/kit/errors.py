"""Refusals carry a code and facts, never prose; the doors turn them into words and HTTP statuses."""

from typing import Any, ClassVar


class Refusal(Exception):
    """Something was asked that may not be done. `code` names the problem page, `facts` are its members."""

    status: ClassVar[int] = 422
    default_code: ClassVar[str] = "invalid"

    def __init__(self, code: str | None = None, **facts: Any) -> None:
        self.code = code or self.default_code
        self.facts = facts
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class Malformed(Refusal):
    """The request cannot be decoded, or has an unknown field."""

    status = 400
    default_code = "malformed"


class Unknown(Refusal):
    """Nobody has presented who they are."""

    status = 401
    default_code = "sign_in_needed"


class Forbidden(Refusal):
    """A right that the role lacks, on a thing it may see."""

    status = 403
    default_code = "forbidden"


class NotFound(Refusal):
    """It does not exist, or it is not yours: the two are not told apart."""

    status = 404
    default_code = "not_found"


class Conflict(Refusal):
    """Right, but not now: the state of things does not allow it."""

    status = 409
    default_code = "conflict"


class Invalid(Refusal):
    """Decoded, and against a rule."""

    status = 422
    default_code = "invalid"


class TooMany(Refusal):
    """Asked too often; `retry_after` seconds are among the facts."""

    status = 429
    default_code = "too_many"


class Outage(Refusal):
    """The database or a provider is away; nothing was done, and asking again is safe."""

    status = 503
    default_code = "outage"
