"""The API does what its description says: bodies and parameters made from it never meet a 500 or an answer it does not tell."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any, cast

import asyncpg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar.testing import TestClient

from comptoir.kit import postgres
from comptoir.web.guards import SCOPES
from tests import people
from tests.doors import MIDDAY, the_app

EXAMPLES = 5
"""Per operation; reading input is tried by the fixed corpus, this is about the description."""

BEARER = {"authorization": "Bearer key-all"}
_numbers = itertools.count(1)


@pytest.fixture
def dsn(postgres_server: postgres.Server, template: str) -> str:
    """A database with two stores, people and a key that may everything."""

    async def make() -> str:
        address = await postgres_server.create_database(f"contract_{next(_numbers)}", template)
        connection = await asyncpg.connect(address)
        await people.settle(connection, MIDDAY)
        await people.make_key(connection, MIDDAY, "key-all", *SCOPES)
        await connection.close()
        return address

    return asyncio.run(make())


@pytest.fixture
def client(dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[TestClient[Any]]:
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("COMPTOIR_DATA", str(tmp_path))
    with TestClient(the_app(), base_url="http://test.local", raise_server_exceptions=False) as opened:
        yield opened


def test_the_description_is_whole_and_each_operation_keeps_to_it(client: TestClient[Any]) -> None:
    told = client.get("/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    wrong: set[str] = set()
    for found in schemathesis.openapi.from_dict(told).get_all_operations():
        try_operation(client, cast(Any, found).ok(), wrong)
    assert not wrong, "\n".join(sorted(wrong))


def try_operation(client: TestClient[Any], operation: Any, wrong: set[str]) -> None:
    """Send what the description allows for one operation, and note what it did not tell."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def keeps(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://test.local")
        sent["headers"] = {**dict(sent.get("headers") or {}), **BEARER}
        answer = client.request(**{key: value for key, value in sent.items() if key not in ("timeout", "cookies")})
        name = f"{case.method} {case.path}: {answer.status_code}"
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.add(name)
        elif str(answer.status_code) not in operation.definition.raw["responses"]:
            wrong.add(f"{name} is not told")
        elif answer.status_code >= 400 and answer.headers["content-type"] != "application/problem+json":
            wrong.add(f"{name} is no problem")

    keeps()


def test_every_body_of_the_documentation_is_one_that_is_understood(client: TestClient[Any]) -> None:
    wrong = []
    for path, verbs in client.get("/openapi.json").json()["paths"].items():
        for verb, operation in verbs.items():
            for media, body in operation.get("requestBody", {}).get("content", {}).items():
                if media != "application/json":
                    continue
                address = path.replace("{location}", people.PART_DIEU)
                for name in ("order", "count"):
                    address = address.replace(f"{{{name}}}", "0192f0c8-6a00-7000-8000-000000000009")
                answer = client.request(
                    verb.upper(), address.replace("{sku}", "X"), json=body["example"], headers=BEARER
                )
                if answer.status_code in (400, 413, 415) or answer.status_code >= 500:
                    wrong.append(f"{verb} {path}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_examples_may_be_sent_one_after_the_other_and_answers_of_goods_and_webhooks_are_described(
    client: TestClient[Any],
) -> None:
    told = client.get("/openapi.json").json()
    ids, bare = [], []
    for path, verbs in told["paths"].items():
        for verb, operation in verbs.items():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                ids += (
                    [body["example"]["id"]]
                    if "id" in (body.get("example") or {}) and isinstance(body["example"], dict)
                    else []
                )
            answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
            about = path.startswith(("/api/v1/purchase", "/api/v1/receiving", "/api/v1/transfer", "/api/v1/webhooks"))
            if verb == "get" and about and "$ref" not in answer.get("schema", {}):
                bare.append(path)
    assert (len(ids), bare) == (len(set(ids)), [])
    assert "HMAC-SHA-256" in told["info"]["description"]


def test_a_number_of_the_query_that_is_out_of_its_bounds_is_told(client: TestClient[Any]) -> None:
    wrong = []
    for path, verbs in client.get("/openapi.json").json()["paths"].items():
        if "limit" in {one["name"] for one in verbs.get("get", {}).get("parameters", ())} and "{" not in path:
            for limit in (0, -1, 100_000):
                answer = client.get(path, params={"limit": limit}, headers=BEARER)
                if answer.status_code != 400:
                    wrong.append(f"{path}?limit={limit}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_the_documentation_page_asks_nothing_of_anybody_else(client: TestClient[Any]) -> None:
    page = client.get("/documentation")
    assert page.status_code == 200
    assert "POST /api/v1/orders" in page.text
    assert "<script" not in page.text
    assert "://" not in page.text.replace("http://www.w3.org", "").split("<main")[0]
