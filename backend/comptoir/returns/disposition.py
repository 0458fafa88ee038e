"""What becomes of a unit that came back: proposed from how it is and why it came; a person may choose otherwise. Pure.

Source: law.md S2 (a recalled article is kept aside), S3 (destroying needs a reason that the law knows, and proof).
"""

from typing import Final, Literal, get_args

from comptoir.kit.errors import Invalid

Condition = Literal["as_new", "opened", "damaged"]
Disposition = Literal["shelf", "mark_down", "repair", "vendor", "other_store", "destroy"]
DestroyReason = Literal["dangerous", "illegal", "counterfeit", "irreparable", "refused_by_donees"]
"""Why goods may be destroyed at all (ESPR, Env. L541-15-8)."""

DESTROY_REASONS: Final = get_args(DestroyReason)


def propose(condition: Condition, *, faulty: bool, recalled: bool = False) -> Disposition:
    """As new goes on the shelf; opened is marked down; what is broken goes to the vendor when that is his doing, else to repair."""
    if recalled:
        return "vendor"
    if faulty:
        return "vendor"
    return {"as_new": "shelf", "opened": "mark_down", "damaged": "repair"}[condition]  # type: ignore[return-value]


def check_leaving(disposition: Disposition, reason: str, proof: str) -> None:
    """May a unit leave like this? Invalid `not_for_leaving` for one that goes on the shelf, `destroy_needs_proof`."""
    if disposition == "shelf":
        raise Invalid("not_for_leaving")
    if disposition == "destroy" and (reason not in DESTROY_REASONS or not proof.strip()):
        raise Invalid("destroy_needs_proof", reasons=list(DESTROY_REASONS))
