"""A business's document as EN 16931 data in the CII syntax (`factur-x.xml`), with what the French reform adds (XP Z12-012). Pure.

`bin/prove-invoices` puts it before the schema and the rules of Factur-X 1.09 and of the reform. The VAT is the document's own, out of prices that include it: it may differ from base x rate by a cent, which the standard's
rule on categories tolerates in its newer releases only (law.md V6).
"""

from datetime import date
from typing import Final
from xml.sax.saxutils import escape

from comptoir.invoices.model import Buyer, Content, Line, RateSum
from comptoir.invoices.wording import code_of

NAME: Final = "factur-x.xml"
PROFILE: Final = "urn:cen.eu:en16931:2017"
BY_SIREN: Final = ' schemeID="0002"'
BY_ADDRESS: Final = ' schemeID="0225"'
"""Under which platforms find a French company: by its SIREN, when it chose nothing finer."""

BY_VAT: Final = ' schemeID="VA"'
PIECES: Final = ' unitCode="C62"'
TYPES: Final = {"invoice": "380", "credit_note": "381"}
_SPACES: Final = (
    'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"'
)


def as_xml(content: Content) -> bytes:
    """The whole document, its elements in the order that the schema asks for."""
    lines = "".join(_line(number, line) for number, line in enumerate(content.lines, 1))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice {_SPACES}>'
        f"<rsm:ExchangedDocumentContext>{_mode(content)}<ram:GuidelineSpecifiedDocumentContextParameter>{_tag('ID', PROFILE)}"
        "</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>"
        f"<rsm:ExchangedDocument>{_tag('ID', content.number)}{_tag('TypeCode', TYPES[content.kind])}"
        f"<ram:IssueDateTime>{_day(content.issued_on)}</ram:IssueDateTime>{_notes(content)}</rsm:ExchangedDocument>"
        f"<rsm:SupplyChainTradeTransaction>{lines}{_agreement(content)}{_delivery(content)}{_settlement(content)}"
        "</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n"
    ).encode()


def _mode(content: Content) -> str:
    """Goods that were paid for already, or not (BT-23)."""
    paid = content.kind == "invoice" and content.paid_minor == content.gross_minor
    parameter = "BusinessProcessSpecifiedDocumentContextParameter"
    return f"<ram:{parameter}>{_tag('ID', 'B2' if paid else 'B1')}</ram:{parameter}>"


def _tag(name: str, words: object, attributes: str = "") -> str:
    return f"<ram:{name}{attributes}>{escape(str(words))}</ram:{name}>"


def _day(day: date) -> str:
    return f'<udt:DateTimeString format="102">{day:%Y%m%d}</udt:DateTimeString>'


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}"


def _notes(content: Content) -> str:
    return "".join(
        f"<ram:IncludedNote>{_tag('Content', said)}{_tag('SubjectCode', code) if (code := code_of(said)) else ''}</ram:IncludedNote>"
        for said in content.mentions
    )


def _address(siren: str) -> str:
    return f"<ram:URIUniversalCommunication>{_tag('URIID', siren, BY_ADDRESS)}</ram:URIUniversalCommunication>"


def _category(rate_bp: int) -> str:
    return "S" if rate_bp else "Z"


def _line(number: int, line: Line) -> str:
    # The net amount of the line is quantity x price less the discount; rounding goes into the discount or the charge.
    listed = (line.unit_net_e4 * line.quantity + 50) // 100
    rest = listed - line.base_minor
    adjusted = ""
    if rest:
        adjusted = (
            "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator>"
            f"<udt:Indicator>{'false' if rest > 0 else 'true'}</udt:Indicator></ram:ChargeIndicator>"
            f"{_tag('ActualAmount', _amount(abs(rest)))}{_tag('Reason', 'Discount' if line.discount_minor else 'Rounding')}"
            "</ram:SpecifiedTradeAllowanceCharge>"
        )
    return (
        "<ram:IncludedSupplyChainTradeLineItem>"
        f"<ram:AssociatedDocumentLineDocument>{_tag('LineID', number)}</ram:AssociatedDocumentLineDocument>"
        f"<ram:SpecifiedTradeProduct>{_tag('Name', line.title)}</ram:SpecifiedTradeProduct>"
        "<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
        f"{_tag('ChargeAmount', f'{line.unit_net_e4 // 10_000}.{line.unit_net_e4 % 10_000:04d}')}"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        f"<ram:SpecifiedLineTradeDelivery>{_tag('BilledQuantity', line.quantity, PIECES)}</ram:SpecifiedLineTradeDelivery>"
        f"<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax>{_tag('TypeCode', 'VAT')}"
        f"{_tag('CategoryCode', _category(line.rate_bp))}{_tag('RateApplicablePercent', _percent(line.rate_bp))}"
        f"</ram:ApplicableTradeTax>{adjusted}<ram:SpecifiedTradeSettlementLineMonetarySummation>"
        f"{_tag('LineTotalAmount', _amount(line.base_minor))}</ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


def _agreement(content: Content) -> str:
    seller = content.seller
    return (
        f"<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>{_tag('Name', seller.name)}"
        f"<ram:SpecifiedLegalOrganization>{_tag('ID', seller.siren, BY_SIREN)}</ram:SpecifiedLegalOrganization>"
        f"<ram:PostalTradeAddress>{_tag('LineOne', seller.address)}{_tag('CountryID', seller.country)}</ram:PostalTradeAddress>"
        f"{_address(seller.siren)}<ram:SpecifiedTaxRegistration>{_tag('ID', seller.vat_number, BY_VAT)}</ram:SpecifiedTaxRegistration>"
        f"</ram:SellerTradeParty>{_buyer(content.buyer, seller.country)}"
        f"<ram:BuyerOrderReferencedDocument>{_tag('IssuerAssignedID', content.order_number)}</ram:BuyerOrderReferencedDocument>"
        "</ram:ApplicableHeaderTradeAgreement>"
    )


def _buyer(buyer: Buyer, country: str) -> str:
    legal = _tag("ID", buyer.siren, BY_SIREN) if buyer.siren else ""
    address = "".join(
        _tag(name, words)
        for name, words in (
            ("PostcodeCode", buyer.postcode), ("LineOne", buyer.street), ("LineTwo", buyer.street2), ("CityName", buyer.city),
        )
        if words
    )  # fmt: skip
    tax = _tag("ID", buyer.vat_number, BY_VAT)
    return (
        f"<ram:BuyerTradeParty>{_tag('Name', buyer.company)}"
        + (f"<ram:SpecifiedLegalOrganization>{legal}</ram:SpecifiedLegalOrganization>" if legal else "")
        + f"<ram:DefinedTradeContact>{_tag('PersonName', buyer.name)}</ram:DefinedTradeContact>"
        + f"<ram:PostalTradeAddress>{address}{_tag('CountryID', buyer.country or country)}</ram:PostalTradeAddress>"
        + (_address(buyer.siren) if buyer.siren else "")
        + (f"<ram:SpecifiedTaxRegistration>{tax}</ram:SpecifiedTaxRegistration>" if buyer.vat_number else "")
        + "</ram:BuyerTradeParty>"
    )


def _delivery(content: Content) -> str:
    if content.supplied_on is None:
        return "<ram:ApplicableHeaderTradeDelivery/>"
    return (
        "<ram:ApplicableHeaderTradeDelivery><ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>"
        f"{_day(content.supplied_on)}</ram:OccurrenceDateTime></ram:ActualDeliverySupplyChainEvent></ram:ApplicableHeaderTradeDelivery>"
    )


def _tax(rate: RateSum) -> str:
    return (
        f"<ram:ApplicableTradeTax>{_tag('CalculatedAmount', _amount(rate.vat_minor))}{_tag('TypeCode', 'VAT')}"
        f"{_tag('BasisAmount', _amount(rate.base_minor))}{_tag('CategoryCode', _category(rate.rate_bp))}"
        f"{_tag('RateApplicablePercent', _percent(rate.rate_bp))}</ram:ApplicableTradeTax>"
    )


def _settlement(content: Content) -> str:
    currency = content.currency
    in_currency = f' currencyID="{currency}"'
    cited = ""
    if content.cites:
        # The date of the cited invoice is a qualified one; its namespace is needed here only.
        cited = (
            f"<ram:InvoiceReferencedDocument>{_tag('IssuerAssignedID', content.cites.number)}<ram:FormattedIssueDateTime>"
            '<qdt:DateTimeString xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100" format="102">'
            f"{content.cites.issued_on:%Y%m%d}</qdt:DateTimeString></ram:FormattedIssueDateTime></ram:InvoiceReferencedDocument>"
        )
    due = content.gross_minor - content.paid_minor
    # What is paid fell due on the day it was paid (BT-9), with the order.
    terms = (
        _tag("Description", " ".join(content.mentions))
        if due
        else f"<ram:DueDateDateTime>{_day(content.ordered_on)}</ram:DueDateDateTime>"
    )
    return (
        f"<ram:ApplicableHeaderTradeSettlement>{_tag('InvoiceCurrencyCode', currency)}"
        f"{''.join(_tax(rate) for rate in content.rates)}"
        f"<ram:SpecifiedTradePaymentTerms>{terms}</ram:SpecifiedTradePaymentTerms>"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        f"{_tag('LineTotalAmount', _amount(content.base_minor))}{_tag('TaxBasisTotalAmount', _amount(content.base_minor))}"
        f"{_tag('TaxTotalAmount', _amount(content.vat_minor), in_currency)}{_tag('GrandTotalAmount', _amount(content.gross_minor))}"
        f"{_tag('TotalPrepaidAmount', _amount(content.paid_minor))}{_tag('DuePayableAmount', _amount(due))}"
        f"</ram:SpecifiedTradeSettlementHeaderMonetarySummation>{cited}</ram:ApplicableHeaderTradeSettlement>"
    )
