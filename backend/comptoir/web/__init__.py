"""Doors: each handler parses, calls one function and renders; who may come in is declared beside every handler.

A module of `web/api`, `web/pages`, or the packages `web/sync` and `web/webhooks`, ends with a list named ROUTES and is
named in `routes.py`. What a handler may ask for, by name:

    house: NamedDependency[House]      pool, clock, settings, seal, runner, orders
    actor: NamedDependency[Actor]      who calls; already allowed by the handler's `opt` (guards.py)
    now: NamedDependency[datetime]     this moment, from the house's clock
    lang: NamedDependency[str]         "fr" or "en"
    page: NamedDependency[Page]        page.html("associate/work.html", view=...), page.go("/work"), page.partial
    live: NamedDependency[Live]        live.watch(actor.locations), and live.stream for a page's server-sent events
    data: JSONBody[PlaceOrder]         decoded strictly into the command; a form is `data: URLEncodedBody[SomeForm]`
    work: FromPath[UUID], after: FromQuery[str | None]

Refusals are raised, never returned: problems.py tells them as problem+json, as a page or as an alert.
"""
