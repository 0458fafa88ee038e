"""What is owed an invoice and what a credit note, how they are numbered, and what they say by their date."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.invoices.composing import Kept, Part, Sale, Sold, compose, mentions_of
from comptoir.invoices.due import to_credit, to_invoice
from comptoir.invoices.facturx import as_xml
from comptoir.invoices.model import SHIPPING, Buyer, Cited, Content, Held, Piece, Seller, Standing
from comptoir.invoices.numbering import ALLOWED, day_of, number_of
from comptoir.invoices.pdf import draw_document
from comptoir.invoices.sheet import writable
from comptoir.invoices.wording import Dated, find, mention, rate_name, series, wording

DAY = date(2026, 11, 21)
ORME = Seller(
    "Orme SAS", "17 rue du Docteur-Bouchut, 69003 Lyon", "FR", "999000185", "FR06999000185", "RCS Lyon", 10**7
)
DERBY = Sold("Derby Hélène, Noir, 39", 2, 12900, 2000, {1: Part("Derby Hélène", 2)})
KIT = Sold("Coffret table", 1, 8900, 2000, {1: Part("Bol Grès", 2), 2: Part("Tasse Matin", 2)})


def standing(units: int = 2, canceled: int = 0, *held: tuple[int, int], gross: int = 25801) -> Standing:
    """Units of line 1; `held` are (units, taken back) of invoices F1, F2 ..."""
    made, left = [], units
    for i, (count, back) in enumerate(held, 1):
        price = gross * left // units - gross * (left - count) // units
        made.append(Held(f"F{i}", DAY, "orme", (1, 1), count, price, back))
        left -= count
    return Standing((1, 1), units, canceled, gross, "orme", tuple(made))


def sale(buyer: Buyer | None = None, language: str = "fr", *, is_paid: bool = True) -> Sale:
    buyer = buyer or Buyer("Inès Aubry")
    return Sale("W-104233", language, "EUR", buyer, {1: DERBY, 2: KIT}, 2000, "Livraison", is_paid, "Orme")


def invoice(*pieces: Piece, of: Sale | None = None) -> Content:
    return compose(
        of or sale(), ORME, pieces or (Piece((1, 1), 2, 25800),), kind="invoice", number="ORM-F-2026-000001",
        issued_on=DAY, ordered_on=DAY, supplied_on=DAY,
    )  # fmt: skip


def credit_note(of: Sale | None = None) -> Content:
    return compose(
        of or sale(), ORME, (Piece((1, 1), 1, 12900),), kind="credit_note", number="ORM-A-2026-000001", issued_on=DAY, ordered_on=DAY,
        cites=Cited("ORM-F-2026-000001", date(2026, 11, 19)), reason="canceled",
    )  # fmt: skip


# ---------------------------------------------------------------- what is due


def test_all_that_nobody_canceled_is_invoiced_once() -> None:
    assert to_invoice([standing(2, 1)]) == {"orme": [Piece((1, 1), 1, 12901)]}
    assert to_invoice([standing(2, 0, (2, 0))]) == {}


def test_a_hand_over_is_invoiced_as_far_as_it_went() -> None:
    assert to_invoice([standing(3)], {(1, 1): 1}) == {"orme": [Piece((1, 1), 1, 8601)]}
    assert to_invoice([standing(2, 0, (2, 0))], {(1, 1): 2}) == {}, "invoiced at confirmation already"


def test_shipping_goes_with_goods_and_never_alone() -> None:
    shipping = Standing(SHIPPING, 1, 0, 490, "orme")
    assert to_invoice([standing(), shipping])["orme"][1] == Piece(SHIPPING, 1, 490)
    assert to_invoice([standing(2, 2), shipping]) == {}


def test_each_legal_entity_invoices_its_own() -> None:
    other = Standing((2, 1), 1, 0, 100, "elsewhere")
    assert set(to_invoice([standing(), other])) == {"orme", "elsewhere"}


def test_what_was_invoiced_and_is_canceled_is_credited_on_its_invoice() -> None:
    assert to_credit([standing(2, 1, (2, 0))]) == {"F1": [Piece((1, 1), 1, 12900)]}
    assert to_credit([standing(2, 1, (2, 1))]) == {}, "credited before"
    assert to_credit([standing(2, 1, (1, 0))]) == {}, "the canceled unit was never invoiced"


def test_with_two_invoices_the_older_is_credited_first() -> None:
    found = to_credit([standing(3, 2, (1, 0), (2, 0))])
    assert [(number, pieces[0].units) for number, pieces in found.items()] == [("F1", 1), ("F2", 1)]


@given(st.integers(1, 12), st.integers(0, 10**6), st.data())
def test_whatever_happens_in_between_refunds_and_invoices_come_to_the_price(units: int, gross: int, data: st.DataObject) -> None:  # fmt: skip
    canceled = invoiced = given_back = charged = 0
    while canceled + invoiced < units:
        step = data.draw(st.integers(1, units - canceled - invoiced))
        if data.draw(st.booleans()):
            given_back += gross * (canceled + step) // units - gross * canceled // units
            canceled += step
        else:
            before = Held("F1", DAY, "orme", (1, 1), invoiced, 0, 0)
            stands = Standing((1, 1), units, canceled, gross, "orme", (before,) if invoiced else ())
            (piece,) = to_invoice([stands], {(1, 1): step})["orme"]
            invoiced, charged = invoiced + piece.units, charged + piece.gross_minor
    assert given_back + charged == gross


# ---------------------------------------------------------------- numbers and words


def test_a_number_names_entity_series_and_year() -> None:
    assert number_of("ORM", "F", 2026, 1) == "ORM-F-2026-000001"
    assert ALLOWED.fullmatch(number_of("ORM", "F", 2026, 10**7))
    with pytest.raises(ValueError, match="number"):
        number_of("Orme à Lyon", "F", 2026, 1)


def test_the_day_is_the_one_in_paris() -> None:
    assert day_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Paris") == date(2027, 1, 1)


def test_invoices_and_credit_notes_have_series_of_their_own() -> None:
    assert (series("invoice", DAY), series("credit_note", DAY)) == ("F", "A")
    with pytest.raises(LookupError):
        series("invoice", date(1999, 1, 1))


def test_a_new_wording_counts_from_its_day_on() -> None:
    old, new = (Dated("x", date(year, 9, 1), str(year), str(year)) for year in (2020, 2027))
    assert find((new, old), "x", date(2027, 8, 31)) == old
    assert find((new, old), "x", date(2027, 9, 1)) == new
    assert find((new, old), "x", date(2020, 8, 31)) is None


def test_every_wording_fills_in_both_languages() -> None:
    for entry in wording().mention:
        facts = {"by": "Orme", "ways": "argent, avoir", "absent": "câble", "amount": "15,00 €"}
        assert all(mention(entry.key, language, DAY, **facts) for language in ("fr", "en"))
    assert (rate_name(2000, "fr", DAY), rate_name(550, "en", DAY), rate_name(1900, "fr", DAY)) == (
        "taux normal", "reduced rate", "",
    )  # fmt: skip


# ---------------------------------------------------------------- content


def test_a_credit_note_says_each_way_in_which_it_is_given_and_what_was_kept_for_what_was_missing() -> None:
    def said(*given: str, kept: Kept | None = None) -> str:
        return " ".join(mentions_of(sale(), "credit_note", DAY, "returned", given, kept, False)).replace("\xa0", " ")

    assert "Remboursement prévu" in said("refund") and "article par article" not in said("refund")
    assert "article par article : remboursement par" in said("refund", "credit") and "avoir sans date" in said(
        "refund", "credit"
    )
    assert "Retenu : 15,00 €. Il manquait : câble, notice" in said("refund", kept=Kept("câble, notice", 1500))


def test_a_kit_that_is_whole_is_one_line_and_one_that_is_not_is_told_by_its_parts() -> None:
    whole = invoice(Piece((2, 1), 2, 4450), Piece((2, 2), 2, 4450))
    assert [(line.title, line.quantity, line.gross_minor) for line in whole.lines] == [("Coffret table", 1, 8900)]
    torn = invoice(Piece((2, 1), 2, 4450))
    assert [(line.title, line.quantity) for line in torn.lines] == [("Coffret table : Bol Grès", 2)]


def test_what_was_paid_below_the_unit_price_is_told_as_discount_without_vat() -> None:
    (line,) = invoice(Piece((1, 1), 2, 25800 - 1500)).lines
    assert (line.unit_net_e4, line.discount_minor, line.base_minor, line.gross_minor) == (1075000, 1250, 20250, 24300)


def test_a_credit_note_cites_number_and_date_and_keeps_the_rate() -> None:
    made = credit_note()
    assert made.cites == Cited("ORM-F-2026-000001", date(2026, 11, 19))
    assert [rate.rate_bp for rate in made.rates] == [2000]
    assert made.mentions[0] == "Motif : articles annulés."
    assert "Remboursement prévu" in made.mentions[1]


def test_money_that_nobody_has_taken_yet_is_not_called_paid() -> None:
    assert invoice().mentions[0] == "Réglé à la commande."
    assert invoice(of=sale(is_paid=False)).mentions[0].startswith("Paiement autorisé")


def test_only_a_business_is_told_of_late_payment() -> None:
    business = sale(Buyer("Inès Aubry", company="Atelier SARL", siren="552100554"))
    assert [any("40 €" in said for said in invoice(of=one).mentions) for one in (sale(), business)] == [False, True]


# ---------------------------------------------------------------- the page


def test_the_same_content_gives_the_same_bytes() -> None:
    assert draw_document(invoice()) == draw_document(invoice())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_languages_can_be_drawn_and_say_which_standard_they_are_made_for(language: str) -> None:
    for made in (invoice(of=sale(language=language)), credit_note(sale(language=language))):
        drawn = draw_document(made)
        assert drawn.startswith(b"%PDF-1.7")
        assert b"<pdfaid:part>3</pdfaid:part>" in drawn
        assert b"factur-x.xml" not in drawn


def test_letters_that_the_font_lacks_do_not_stop_a_document() -> None:
    assert writable("Łódź, 東京, 1\u202f234,50 €") == "Łódź, ??, 1\u00a0234,50 €"


def test_a_business_gets_its_figures_as_data_in_the_same_file() -> None:
    business = sale(Buyer("Inès Aubry", company="Atelier & Fils", siren="552100554", vat_number="FR83552100554"))
    drawn = draw_document(invoice(of=business))
    assert b"/AFRelationship /Data" in drawn
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in drawn
    data = as_xml(invoice(of=business)).decode()
    assert re.findall(r"<ram:TypeCode>(\d+)</ram:TypeCode>", data) == ["380"]
    assert "<ram:Name>Atelier &amp; Fils</ram:Name>" in data
    assert "<ram:GrandTotalAmount>258.00</ram:GrandTotalAmount>" in data
    assert "<ram:DuePayableAmount>0.00</ram:DuePayableAmount>" in data
    cited = as_xml(credit_note(business)).decode()
    assert "<ram:TypeCode>381</ram:TypeCode>" in cited
    assert "<ram:DuePayableAmount>129.00</ram:DuePayableAmount>" in cited
    assert all(ElementTree.fromstring(text).tag.endswith("}CrossIndustryInvoice") for text in (data, cited))
    assert "ORM-F-2026-000001" in cited and ">20261119<" in cited


def test_the_data_of_a_french_business_say_what_platforms_ask_for() -> None:
    of = sale(Buyer("Inès Aubry", company="Atelier & Fils", siren="552100554", vat_number="FR83552100554"))
    for content in (invoice(of=of), credit_note(of)):
        data = as_xml(content).decode()
        assert sorted(re.findall(r"<ram:SubjectCode>(\w+)</ram:SubjectCode>", data)) == ["AAB", "PMD", "PMT"]
        assert re.findall(r'<ram:URIID schemeID="0225">(\d+)</ram:URIID>', data) == ["999000185", "552100554"]


def test_goods_that_are_paid_for_fell_due_on_the_day_of_the_order_and_others_say_how_they_are_paid() -> None:
    business = Buyer("Inès Aubry", company="Atelier & Fils", siren="552100554")
    paid, open_ = (as_xml(invoice(of=sale(business, is_paid=one))).decode() for one in (True, False))
    mode = r"<ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>(\w+)</ram:ID>"
    assert (
        re.findall(mode, paid) == ["B2"]
        and f'<ram:DueDateDateTime><udt:DateTimeString format="102">{DAY:%Y%m%d}<' in paid
    )
    assert re.findall(mode, open_) == ["B1"] and "<ram:SpecifiedTradePaymentTerms><ram:Description>" in open_
