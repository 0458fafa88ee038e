"""Fills a kept message's marks when it is shown or sent: first name, the customer's link, the pass's letters, the code of a credit."""

import re
from collections.abc import Mapping
from uuid import UUID

from comptoir.fulfillment.collecting import collector_token
from comptoir.fulfillment.passes import pass_letters
from comptoir.kit.ids import Seal
from comptoir.notifications.model import BUYER, FIRST_NAME, LINK, Recipient
from comptoir.returns.credit import credit_code, spaced

_LETTERS = re.compile(r"\[\[letters ([^\]]{1,64})\]\]")
_CREDIT = re.compile(r"\[\[credit ([0-9a-f-]{36})\]\]")


def link_of(seal: Seal, url: str, order: UUID, generation: int, whose: Recipient = "customer") -> str:
    """The page of whoever bought, or of whoever collects."""
    if whose == "collector":
        return f"{url}/o/{collector_token(seal, order, generation)}"
    return f"{url}/o/{seal.token('order', order.bytes, generation)}"


def fill(
    text: str, seal: Seal, url: str, order: UUID, link_generation: int, first_name: str, passes: Mapping[str, int],
    whose: Recipient = "customer", buyer: str = "",
) -> str:  # fmt: skip
    """The text as the customer reads it. `passes` gives the pass's generation by location.

    A name cannot smuggle in a mark: marks are replaced in one pass over the kept text.
    """
    known = {FIRST_NAME: first_name, LINK: link_of(seal, url, order, link_generation, whose), BUYER: buyer}

    def put(found: re.Match[str]) -> str:
        if found[0] in known:
            return known[found[0]]
        if found[2]:
            return spaced(credit_code(seal, UUID(found[2])))
        letters = pass_letters(seal, order, found[1], passes.get(found[1], 0))
        return f"{letters[:3]} {letters[3:]}"

    return re.sub(
        f"{re.escape(FIRST_NAME)}|{re.escape(LINK)}|{re.escape(BUYER)}|{_LETTERS.pattern}|{_CREDIT.pattern}", put, text
    )


def for_a_lock_screen(text: str, first_name: str) -> str:
    """The text without the lines that open something: everybody reads what a locked screen shows."""
    kept = [
        line
        for line in text.splitlines()
        if line.strip() and LINK not in line and not (_LETTERS.search(line) or _CREDIT.search(line))
    ]
    return "\n".join(kept).replace(FIRST_NAME, first_name)
