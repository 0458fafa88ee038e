"""The worker, the manifest and the shell documents as any browser gets them, without one."""

import json
import re
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from comptoir.kit.i18n import LANGUAGES
from comptoir.web import precache
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, served

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    async with served(database.dsn) as running:
        running.app.state.pop("release", None)
        yield running


async def promised(door: Served) -> dict[str, Any]:
    """The line that the server writes into the worker."""
    answer = await door.client.get("/sw.js")
    found = re.search(r"^const RELEASE = (.*);$", answer.text, re.M)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


async def test_the_worker_stands_at_the_root_and_is_asked_for_anew(door: Served) -> None:
    answer = await door.client.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    again = await door.client.get("/sw.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_worker_imports_what_is_served(door: Served) -> None:
    text = (await door.client.get("/sw.js")).text
    imported = re.findall(r'from "(/static/js/[^"]+)"', text)
    assert len(imported) == 4
    for url in imported:
        assert (await door.client.get(url)).status_code == 200
    assert "./static" not in text


async def test_every_promised_byte_is_served_as_promised(door: Served) -> None:
    told = await promised(door)
    later = [each for one in told["later"].values() for each in one["files"] + one["shells"]]
    for url, digest in told["files"] + told["shells"] + later:
        answer = await door.client.get(url)
        assert answer.status_code == 200, url
        assert precache.digest(answer.content) == digest, url


async def test_a_kept_document_brings_only_files_that_are_kept(door: Served) -> None:
    told = await promised(door)
    kept = {url for url, _ in told["files"]}
    for url in [shell for shell, _ in told["shells"]] + [page.partition("?")[0] for page in told["pages"]]:
        answer = await door.client.get(url)
        wanted = set(re.findall(r'(?:src|href)="(/static/[^"#?]+\.(?:js|css))"', answer.text))
        assert wanted - kept == set(), url
    # What is kept from a visit on brings its own files along.
    assert set(told["later"]) == {"recalls", "adjust"}
    for one in told["later"].values():
        for url, _ in one["shells"]:
            wanted = set(re.findall(r'(?:src|href)="(/static/[^"#?]+\.(?:js|css))"', (await door.client.get(url)).text))
            assert wanted - kept - {file for file, _ in one["files"]} == set(), url


async def test_what_comes_in_one_piece_is_what_comes_one_by_one(door: Served) -> None:
    told = await promised(door)
    url, digest = told["piece"]
    answer = await door.client.get(url)
    assert precache.digest(answer.content) == digest
    held = answer.json()
    assert sorted(held) == sorted(each for each, _ in told["files"] + told["shells"])
    for each, (headers, text) in held.items():
        alone = await door.client.get(each)
        assert alone.text == text, each
        here = {name: value for name, value in alone.headers.items() if name not in OF_THE_WAY}
        here["content-type"] = "; ".join(dict.fromkeys(here["content-type"].split("; ")))
        assert headers == here, each
    assert (await door.client.get("/shell/piece/000000000000")).status_code == 404


OF_THE_WAY = {"content-length", "content-encoding", "cache-control", "etag", "vary"}


async def test_what_is_kept_ahead_is_small(door: Served) -> None:
    told = await promised(door)
    piece = await door.client.get(told["piece"][0], headers={"accept-encoding": "br"})
    assert int(piece.headers["content-length"]) <= 120_000
    assert len(piece.content) <= 900_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*precache.SHELLS, *precache.ON_A_VISIT])
async def test_a_shell_document_is_the_same_for_everybody(
    door: Served, database: Database, name: str, language: str
) -> None:
    plain = await door.client.get(f"/shell/{name}?language={language}")
    await people.sign_in(door.client, database.connection, people.LEA, MIDDAY, people.PART_DIEU)
    door.client.cookies.set("theme", "dark", domain="test.local")
    dressed = await door.client.get(f"/shell/{name}?language={language}", headers={"accept-language": "de"})
    assert plain.status_code == 200
    assert plain.content == dressed.content
    assert f'<html lang="{language}">' in plain.text
    assert "data-sign-in" not in plain.text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-", plain.text)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_asks_for_more_than_the_device_keeps_is_led_to_what_it_does_keep(door: Served, language: str) -> None:
    text = (await door.client.get(f"/shell/offline?language={language}")).text
    led_to = re.findall(r'<a class="item" href="/([^"?]+)', text)
    assert led_to == ["counts", "packing", "returns", "outbox", "settings"]
    assert {f"/{name}" for name in led_to} <= {f"/{name}" for name in precache.SHELLS} | set(precache.AS_THEY_ARE)


async def test_there_is_no_other_shell_document(door: Served) -> None:
    assert (await door.client.get("/shell/manager")).status_code == 404


async def test_a_browser_that_belongs_to_no_store_gets_a_manifest_all_the_same(door: Served) -> None:
    answer = await door.client.get("/manifest.webmanifest", headers={"accept-language": "en"})
    told = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (told["id"], told["name"], told["short_name"]) == ("/", "Comptoir, Orme", "Comptoir")
    assert (told["start_url"], told["scope"], told["display"], told["lang"]) == ("/work", "/", "standalone", "en")
    assert told["launch_handler"] == {"client_mode": "focus-existing"}
    assert [shortcut["url"] for shortcut in told["shortcuts"]] == ["/work", "/counter", "/scan"]
    assert {picture["form_factor"] for picture in told["screenshots"]} == {"narrow", "wide"}


async def test_the_manifest_names_the_store_whose_device_asks(door: Served) -> None:
    people.hold_device(door.client, people.PART_DIEU)
    told = (await door.client.get("/manifest.webmanifest")).json()
    assert told["name"] == "Comptoir, Orme Lyon"
    assert told["id"] == "/"


def pictures(told: Any) -> list[tuple[str, str]]:
    """(address, sizes) of every picture that a manifest names."""
    if isinstance(told, list):
        return [found for each in told for found in pictures(each)]
    if not isinstance(told, dict):
        return []
    own = [(told["src"], told["sizes"])] if "src" in told else []
    return own + [found for each in told.values() for found in pictures(each)]


async def test_every_picture_of_the_manifest_has_the_size_it_says(door: Served) -> None:
    found = pictures((await door.client.get("/manifest.webmanifest")).json())
    assert {"192x192", "512x512", "96x96", "720x1280"} <= {sizes for _, sizes in found}
    for src, sizes in found:
        body = (await door.client.get(src)).content
        assert body.startswith(b"\x89PNG\r\n"), src
        assert "{}x{}".format(*struct.unpack(">II", body[16:24])) == sizes, src


async def test_a_house_may_switch_the_worker_off(database: Database) -> None:
    async with served(database.dsn, COMPTOIR_NO_SW="yes") as door:
        text = (await door.client.get("/sw.js")).text
    assert "unregister" in text
    assert "indexedDB" not in text
    assert "fetch" not in text
