"""How a unit that came back may leave again. Pure. Source: law.md S3: destroying needs a reason that the law knows, and proof."""

from typing import Final, Literal, get_args

from comptoir.kit.errors import Invalid
from comptoir.returns.policy import Disposition

DestroyReason = Literal["dangerous", "illegal", "counterfeit", "irreparable", "refused_by_donees"]
"""Why goods may be destroyed at all (ESPR, Env. L541-15-8)."""

DESTROY_REASONS: Final = get_args(DestroyReason)


def check_leaving(disposition: Disposition, reason: str, proof: str) -> None:
    """May a unit leave like this? Invalid `not_for_leaving` for one that goes on the shelf, `destroy_needs_proof`."""
    if disposition == "shelf":
        raise Invalid("not_for_leaving")
    if disposition == "destroy" and (reason not in DESTROY_REASONS or not proof.strip()):
        raise Invalid("destroy_needs_proof", reasons=list(DESTROY_REASONS))
