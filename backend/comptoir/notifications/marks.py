"""The name under which one mail travels, so that a bounce says which try it is about, and nobody can make up a bounce of another. Pure.

42 letters and digits: the message's id, the number of the try, and a seal over both that only this installation can make.
"""

import re
from typing import Final
from uuid import UUID

from comptoir.kit.ids import CROCKFORD, Seal, same

ID, NUMBER, SEALED = 26, 2, 14
LARGEST: Final = 1023
_MARK: Final = re.compile(rf"(?<![0-9a-z])[0-9a-hjkmnp-tv-z]{{{ID + NUMBER + SEALED}}}(?![0-9a-z])", re.IGNORECASE)


def mark_of(seal: Seal, message: UUID, n: int) -> str:
    """The mark of a message's n-th try, in lower case: a mail server may change case on the way."""
    n = min(n, LARGEST)
    return (_written(message.int, ID) + _written(n, NUMBER) + _sealed(seal, message, n)).lower()


def marks_in(seal: Seal, text: str) -> set[tuple[UUID, int]]:
    """The (message, try) of every mark of ours in a text; what is not sealed by us is none."""
    found = set()
    for one in _MARK.findall(text):
        mark = one.upper()
        number, n = _read(mark[:ID]), _read(mark[ID : ID + NUMBER])
        if number < 1 << 128:
            message = UUID(int=number)
            if same(mark[ID + NUMBER :], _sealed(seal, message, n)):
                found.add((message, n))
    return found


def ref_of(message: UUID, n: int) -> str:
    """What the try is called in the ledger: a later round must not be blamed for an earlier one's bounce."""
    return str(message) if n == 1 else f"{message}/{min(n, LARGEST)}"


def _sealed(seal: Seal, message: UUID, n: int) -> str:
    return seal.token("bounce", message.bytes, n)[:SEALED]


def _written(number: int, width: int) -> str:
    return "".join(CROCKFORD[number >> 5 * at & 31] for at in reversed(range(width)))


def _read(text: str) -> int:
    number = 0
    for char in text:
        number = number << 5 | CROCKFORD.index(char)
    return number
