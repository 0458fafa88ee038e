"""The providers that can be set up, by kind: one row each, from what the environment holds to an adapter. A new one is one more row."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from comptoir.payments.model import Provider
from comptoir.payments.providers.manual import Manual
from comptoir.payments.providers.shopify import Shopify, ShopifyAccount
from comptoir.payments.providers.stripe import Stripe, StripeAccount
from comptoir.payments.providers.woocommerce import WooCommerce, WooCommerceAccount


class BadAccount(ValueError):
    """What the environment holds cannot be used. The text names the field, never its value."""


class NoAccount(msgspec.Struct, frozen=True):
    """A person needs no key."""


class Made(msgspec.Struct, frozen=True):
    """How one provider is made: the struct of its keys, and the adapter from it."""

    account: type[msgspec.Struct]
    make: Callable[[Any], Provider]


KNOWN: Final[Mapping[str, Made]] = {
    "stripe": Made(StripeAccount, Stripe),
    "shopify": Made(ShopifyAccount, Shopify),
    "woocommerce": Made(WooCommerceAccount, WooCommerce),
    "manual": Made(NoAccount, lambda account: Manual()),
}


def make_provider(kind: str, held: Mapping[str, str]) -> Provider:
    """The adapter of one account; BadAccount says what is missing or wrong."""
    made = KNOWN.get(kind)
    if made is None:
        raise BadAccount("there is no such provider")
    try:
        return made.make(msgspec.convert(dict(held), made.account))
    except (msgspec.ValidationError, ValueError) as wrong:
        raise BadAccount(str(wrong)) from None


def keys_of(kind: str, held: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    """What such an account needs by name, and whether each is there; never what it is."""
    made = KNOWN.get(kind)
    if made is None:
        return ()
    return tuple((one.name, bool(held.get(one.name))) for one in msgspec.structs.fields(made.account) if one.required)
