"""Figures are those of a place and a day: no report, file, answer or stream says how much or how quickly one person works."""

import re
from typing import Any, Final

import pytest

from comptoir.kit.ids import new_id
from comptoir.reporting import article_queries, measures, queries, reports, sql, stock_sql
from comptoir.sourcing import rates_file
from comptoir.stock import safety_sheet
from comptoir.web.pages import recalls
from tests.api.test_security_matrix import TABLE
from tests.conftest import Database
from tests.pages.manager_door import opened
from tests.people import ODILE

pytestmark = pytest.mark.anyio

PERSON: Final = re.compile(
    r"(?:^|_)(staff|person|people|who|whom|by|associate|picker|holder|user|author|first_name|last_name|email|pin)(?:_|$)"
)
"""A word in the name of a column that would say whose a line is."""

RECALL: Final = f"/manager/stock/recalls/{new_id()}/csv"
NOT_THERE: Final = {
    RECALL: (*recalls.PLACE_COLUMNS, *recalls.CUSTOMER_COLUMNS),
    "/manager/safety/draft/csv": safety_sheet.COLUMNS,
    "/manager/safety/versions/1/csv": safety_sheet.COLUMNS,
    "/manager/sourcing/versions/1/rates.csv": rates_file.HEAD,
}
"""Files of what the small world has not, and their columns."""

HOW_MANY: Final = {
    "Pickers.people",
    "Planning.people",
    "RecallEffect.people",
    "RecallView.people",
    "Effect.person_minutes",
}
WHO_DECIDED: Final = {"PlaceRow.done_by", "RecallView.closed_by", "RecallView.opened_by", "Permission.staff"}
NOBODY: Final = {
    "Effect.by", "ReportPart.by", "ReportTold.by", "TakeReturn.brought_by", "Way.paid_by", "comptoir.returns.policy.Policy.associate_minor",
}  # fmt: skip
"""What answers of the API say of people: how many there are, who answers for a decision; or it is only a word that sounds like it."""

FILES: Final = {
    "/manager/acts/csv": {"by", "late_by", "undone_by"},
    "/manager/audit/csv": {"who"},
    "/manager/files/stores/csv": set(),
    "/manager/files/hours/csv": set(),
    "/manager/files/people/csv": {"person", "first_name", "last_name", "email"},
    "/manager/files/articles/csv": set(),
    "/manager/files/accessories/csv": set(),
    "/manager/files/reasons/csv": set(),
    "/manager/files/shelves/csv": set(),
    "/manager/files/safety/csv": set(),
    "/manager/holds/manual/csv": set(),
    "/manager/load/csv": set(),
    "/manager/returns/report/csv": set(),
    "/manager/safety/draft/csv": set(),
    "/manager/safety/versions/1/csv": set(),
    "/manager/sourcing/versions/1/rates.csv": set(),
    "/manager/stock/control/csv": set(),
    RECALL: set(),
    "/manager/trends/fill/articles/csv": set(),
    **{f"/manager/trends/{name}/csv": set() for name in reports.REPORTS},
}  # fmt: skip
"""Every file that leaves, and what in it names a person: whoever decided something (one line for each decision, never a sum of them), and
the list of who may sign in."""


def asked_of_the_database() -> str:
    """All that reports ask, as one text."""
    return "\n".join(
        text
        for module in (sql, stock_sql, queries, article_queries)
        for name, text in vars(module).items()
        if isinstance(text, str) and not name.startswith("__") and re.search(r"\b(SELECT|INSERT)\b", text)
    )


def test_what_reports_are_counted_from_has_no_person_in_it() -> None:
    asked = asked_of_the_database()
    assert len(asked) > 10_000
    assert re.findall(r"\b(staff|sign_in|device|pack|journal|\w+_by|who|person|picker)\b", asked) == []
    assert {measure.key for measure in measures.MEASURES.values()} <= {
        "", "hour", "kind", "bucket", "reason", "sku", "carrier", "carrier_days", "sales", "band",
    }  # fmt: skip
    assert not [c.name for report in reports.REPORTS.values() for c in report.columns if PERSON.search(c.name)]


async def test_no_file_that_leaves_and_no_answer_of_the_api_says_how_much_one_person_did(database: Database) -> None:
    served = [line.split()[1] for line in TABLE.read_text().splitlines() if line.split()[1].endswith("csv")]
    looked_at = [re.compile(re.sub(r"\{[a-z]+:[a-z]+\}", "[^/]+", path) + r"\Z") for path in served]
    assert len(looked_at) > 10 and all(any(one.match(path) for path in FILES) for one in looked_at), (
        "a file nobody looked at"
    )
    async with opened(database) as desk:
        await desk.order("staged")
        office = await desk.browser(ODILE)
        for path, named in FILES.items():
            answer = await office.get(path)
            if path in NOT_THERE:
                assert answer.status_code == 404 and not list(filter(PERSON.search, NOT_THERE[path])), path
                continue
            assert answer.status_code == 200, path
            head = answer.content.decode("utf-8-sig").splitlines()[0].split(";")
            assert {column for column in head if PERSON.search(column)} == named, path
        schemas: dict[str, Any] = (await office.get("/openapi.json")).json()["components"]["schemas"]
        told = {
            f"{name}.{field}"
            for name, schema in schemas.items()
            for field in schema.get("properties", {})
            if re.search(r"(?:^|_)(staff|person|people|who|associate|picker|holder)(?:_|$)|_by$|^by$", field)
        }
        assert told == HOW_MANY | WHO_DECIDED | NOBODY
