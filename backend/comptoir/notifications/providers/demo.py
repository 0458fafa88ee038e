"""The demo's own carrier: what it is given lies on /demo/phone, and is delivered by lying there. Not in production."""

from comptoir.notifications.providers.port import Answer, Letter


class DemoPhone:
    """Delivers to the page of the demo's phone."""

    name = "demo"

    async def send(self, letter: Letter) -> Answer:
        return Answer("accepted", ref=str(letter.id), receipt="delivered")
