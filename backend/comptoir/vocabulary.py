"""The words of the trade as code: one id type and one sentence per noun. A newcomer's second page.

An *order* is what the customer bought from a sales channel; its *lines* need *requirements* (a SKU and a quantity; a
kit needs several). *Work* is the part of an order that one location must fulfill. A *pack* is what one associate takes
on at once. A *bag* is a numbered tag tied to work when it is *staged* on a shelf place. A *pass* proves who may collect.
"""

from typing import NewType
from uuid import UUID

LocationId = NewType("LocationId", str)
"""A building with stock, as a readable slug: `lyon-part-dieu`."""

RegionId = NewType("RegionId", str)
"""A regional manager's stores, as a readable slug."""

Sku = NewType("Sku", str)
"""One sellable article in one size and color: `DERBY-HELENE-NOIR-39`."""

ChannelId = NewType("ChannelId", str)
"""A sales channel: where orders come from."""

OrderId = NewType("OrderId", UUID)
"""An order; made by whoever sends it, and the key that makes sending it twice harmless."""

WorkId = NewType("WorkId", UUID)
"""A fulfillment order: what one location must do for one order."""

PackId = NewType("PackId", UUID)
"""Work that one associate has taken on at once, downloaded whole and leased."""

CustomerId = NewType("CustomerId", UUID)
"""A person who buys; names, phones and e-mails live in `orders` only."""

StaffId = NewType("StaffId", UUID)
"""A person who works here."""

DeviceId = NewType("DeviceId", UUID)
"""An enrolled browser of one store."""
