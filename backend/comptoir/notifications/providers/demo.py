"""The demo's own carrier: what it is given lies on /demo/phone, and is delivered by lying there. Not in production."""

from comptoir.notifications.providers.port import Answer, Letter
from comptoir.world.cast import UNREACHED


class DemoPhone:
    """Delivers to the page of the demo's phone, but for a few customers whom nothing reaches."""

    name = "demo"

    async def send(self, letter: Letter) -> Answer:
        if letter.to in UNREACHED:
            return Answer("refused", "mailbox_full" if "@" in letter.to else "bad_number")
        return Answer("accepted", ref=str(letter.id), receipt="delivered")
