"""Everything that a customer can do, on the smallest phone and with no script; and the pass with no network."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlparse

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from comptoir.errands.demo_carrier import DemoCarrier
from comptoir.errands.return_labels import buy_return_labels
from comptoir.kit import postgres
from comptoir.kit.ids import digest, new_id
from tests.browser.customer_served import NOW, Served, serving
from tests.browser.looking import eventually

KEPT = """async (path) => Boolean(await (await caches.open("comptoir-pass")).match(path))"""


@pytest.fixture(scope="module")
def served(postgres_server: postgres.Server) -> Iterator[Served]:
    with serving(postgres_server) as running:
        running.do(
            lambda connection: connection.execute(
                "INSERT INTO channel (id, kind, name, delivery_minor) VALUES ('web', 'api', 'orme.example', 490)"
            )
        )
        yield running


@pytest.fixture(scope="module")
def small(browser: Browser) -> Iterator[Page]:
    """A phone of 320 by 568 whose browser runs no script."""
    context = browser.new_context(
        viewport={"width": 320, "height": 568}, java_script_enabled=False, has_touch=True, locale="fr-FR"
    )
    yield context.new_page()
    context.close()


def ask(served: Served, sql: str, *values: Any) -> Any:
    return served.do(lambda connection: connection.fetchval(sql, *values))


def ready(served: Served) -> str:
    """The address of a page whose goods lie on the shelf until the day after tomorrow."""
    address = served.order("staged")
    token = urlparse(address).path.rpartition("/")[2]
    ask(served, "UPDATE sales_order SET channel = 'web' WHERE link_hash = $1 RETURNING id", digest(token))
    ask(
        served,
        "UPDATE work SET collect_until = $2 WHERE order_id = (SELECT id FROM sales_order WHERE link_hash = $1) RETURNING id",
        digest(token), NOW + timedelta(days=2),
    )  # fmt: skip
    return address


def tap(page: Page, words: str) -> None:
    """The one thing of this name, whether it is a link or a button; big enough for a thumb."""
    found = page.get_by_role("link", name=words).or_(page.get_by_role("button", name=words)).first
    box = found.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 320
    found.click()


def test_more_time_is_one_tap(small: Page, served: Served) -> None:
    small.goto(ready(served))
    tap(small, "Garder plus longtemps")
    expect(small.locator("h1")).to_have_text("C’est prêt, Inès.")
    assert ask(served, "SELECT max(kept_longer)::int FROM work") == 1


def test_somebody_else_is_named_changed_and_let_go(small: Page, served: Served) -> None:
    address = ready(served)
    small.goto(address)
    tap(small, "Quelqu’un d’autre la retire")
    small.get_by_label("Prénom et nom").fill("Karim Benali")
    small.get_by_label("Son mobile ou son e-mail").fill("pas un numéro")
    tap(small, "Lui confier le retrait")
    expect(small.get_by_role("alert")).to_contain_text("Rien n’a été envoyé")
    expect(small.get_by_label("Prénom et nom")).to_have_value("Karim Benali")
    small.get_by_label("Son mobile ou son e-mail").fill("karim@example.com")
    tap(small, "Lui confier le retrait")
    expect(small.locator("main")).to_contain_text("Karim Benali retire la commande.")
    tap(small, "Changer qui la retire")
    tap(small, "Je la retire finalement")
    expect(small.locator("main")).not_to_contain_text("Karim Benali")


def test_a_delivery_is_asked_for_with_its_price_and_taken_back(small: Page, served: Served) -> None:
    small.goto(ready(served))
    tap(small, "Livraison ou autre magasin")
    small.get_by_label("Livraison à domicile").check()
    small.get_by_label("Numéro et rue").fill("12 rue des Lilas")
    small.get_by_label("Code postal").fill("69003")
    small.get_by_label("Ville").fill("Lyon")
    tap(small, "Demander au magasin")
    expect(small.locator("main")).to_contain_text("Vous avez demandé la livraison à Lyon.")
    expect(small.locator("main")).to_contain_text("rien n’a changé")
    tap(small, "Ne plus le demander")
    expect(small.locator("main")).not_to_contain_text("Vous avez demandé")


def test_what_is_missing_is_chosen_about(small: Page, served: Served) -> None:
    address = served.order("picking")
    order = ask(served, "SELECT id FROM sales_order WHERE link_hash = $1", digest(urlparse(address).path[3:]))
    ask(
        served,
        "UPDATE requirement SET unsourced = 1, at_work = at_work - 1 WHERE order_id = $1 AND line = 1 RETURNING line",
        order,
    )
    ask(
        served,
        "INSERT INTO exception (id, location, kind, role, order_id, sku, quantity, body, made_at) SELECT $1, 'lyon', 'short_choice', 'store_manager', $2, sku, 1,"
        " jsonb_build_object('line', 1, 'until', $3::timestamptz), $4 FROM requirement WHERE order_id = $2 AND line = 1 RETURNING id",
        new_id(), order, NOW + timedelta(hours=30), NOW,
    )  # fmt: skip
    small.goto(address)
    tap(small, "Choisir la suite")
    small.get_by_label(re.compile("Attendre une semaine")).check()
    tap(small, "C’est mon choix")
    expect(small.locator("main")).to_contain_text("Nous l’attendons jusqu’au")


def test_some_articles_are_canceled_and_messages_are_switched(small: Page, served: Served) -> None:
    ask(
        served,
        "INSERT INTO stock_level (sku, location, on_hand, reserved) VALUES ('LISON-38', 'lyon', 50, 40), ('AMPHORE-24', 'lyon', 50, 40)"
        " ON CONFLICT DO NOTHING RETURNING sku",
    )
    address = served.order()
    small.goto(address)
    tap(small, "Annuler la commande")
    small.locator("select").last.select_option(label="Garder")
    small.get_by_label("L’e-mail ou le téléphone de la commande").fill(
        ask(served, "SELECT email FROM customer WHERE email IS NOT NULL LIMIT 1")
    )
    tap(small, "Annuler ce que j’ai choisi")
    expect(small.locator("main")).to_contain_text("1 annulé")
    tap(small, "Mes messages")
    small.locator("input[type=checkbox]").last.uncheck()
    tap(small, "Enregistrer")
    expect(small.locator("main")).to_contain_text("C’est enregistré.")


def test_the_contract_is_withdrawn_from_and_the_data_taken_home(small: Page, served: Served) -> None:
    address = served.order("handed_over", progress="fulfilled")
    small.goto(address)
    tap(small, "Mes données")
    small.get_by_label("L’e-mail ou le téléphone de la commande").fill(
        ask(served, "SELECT email FROM customer WHERE email IS NOT NULL LIMIT 1")
    )
    with small.expect_download() as download:
        tap(small, "Télécharger mes données")
    assert download.value.suggested_filename.endswith(".json")
    small.goto(address)
    tap(small, "Renoncer au contrat ici")
    tap(small, "Continuer")
    tap(small, "Confirmer la rétractation")
    expect(small.locator("main")).to_contain_text("Rétractation reçue le")


def had(served: Served) -> str:
    """The address of a page whose goods were handed over yesterday."""
    address = served.order("handed_over", progress="fulfilled")
    ask(
        served,
        "INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof)"
        " SELECT $2, w.order_id, 'lyon', ARRAY[w.id], 'x', $3, $3, 'pass' FROM work w JOIN sales_order o ON o.id = w.order_id WHERE o.link_hash = $1 RETURNING id",
        digest(urlparse(address).path[3:]), new_id(), NOW - timedelta(days=1),
    )  # fmt: skip
    return address


def fits(page: Page) -> None:
    """Nothing runs out of the page, and it is light."""
    assert len(page.content()) < 15_000
    assert page.locator("main").evaluate("main => main.scrollWidth") <= 320


def test_something_goes_back_by_parcel_with_its_picture_and_its_label_is_there_again_later(
    small: Page, served: Served
) -> None:
    ask(
        served,
        "INSERT INTO carrier_account (id, carrier, name, services) VALUES ('demo', 'demo', 'Démo', '{\"return_post\": \"RET\"}') RETURNING id",
    )
    served.house.carriers.put("demo", DemoCarrier())
    address = had(served)
    small.goto(address)
    tap(small, "Rendre un article")
    tap(small, "Continuer")
    expect(small.get_by_role("alert")).to_contain_text("Rien n’est choisi")
    small.get_by_label(re.compile("Basket Lison")).select_option(label="Je rends 1 article")
    fits(small)
    tap(small, "Continuer")
    small.get_by_label(re.compile("Basket Lison")).select_option(label="Défectueux")
    tap(small, "Continuer")
    out = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(out, "PNG")
    small.get_by_label(re.compile("Photo de")).set_input_files(
        {"name": "trou.png", "mimeType": "image/png", "buffer": out.getvalue()}
    )
    tap(small, "Envoyer cette photo")
    expect(small.locator("main")).to_contain_text("est gardée")
    fits(small)
    tap(small, "Continuer")
    small.get_by_label(re.compile("Je l’envoie par colis")).check()
    tap(small, "Continuer")
    expect(small.get_by_role("alert")).to_contain_text("donnez le nom, la rue")
    for label, text in (("Numéro et rue", "3 rue Vauban"), ("Code postal", "69006"), ("Ville", "Lyon")):
        small.get_by_label(label).fill(text)
    fits(small)
    tap(small, "Continuer")
    expect(small.locator("main")).to_contain_text("95,00 €")
    fits(small)
    tap(small, "Confirmer le retour")
    expect(small.locator("h1")).to_have_text("Votre retour est enregistré.")
    at = small.url
    small.go_back()
    served.do(lambda _: buy_return_labels(served.house))
    small.goto(address)
    tap(small, "Mes retours")
    small.locator("main nav a.item").first.click()
    assert small.url == at
    expect(small.get_by_role("img", name=re.compile("QR du retour R-"))).to_be_visible()
    fits(small)
    label = small.request.get(
        served.url + str(small.get_by_role("link", name="Étiquette à imprimer").get_attribute("href"))
    )
    assert label.body().startswith(b"%PDF")
    tap(small, "Garder les articles")
    expect(small.locator("h1")).to_have_text("Le retour est annulé.")


def test_from_the_notice_of_withdrawal_to_the_store_with_a_code(small: Page, served: Served) -> None:
    small.goto(had(served))
    tap(small, "Renoncer au contrat ici")
    tap(small, "Continuer")
    tap(small, "Confirmer la rétractation")
    tap(small, "Préparer le retour de ces articles")
    tap(small, "Continuer")
    # What is there already is counted at once: not before the page is.
    expect(small.locator("h1")).to_have_text("Pourquoi ?")
    for box in small.locator("select").all():
        box.select_option(label="Sans motif")
    tap(small, "Continuer")
    small.get_by_label(re.compile("Je le rapporte en magasin")).check()
    tap(small, "Continuer")
    expect(small.locator("main")).to_contain_text("163,00 €")
    expect(small.locator("main")).to_contain_text("Au plus tard le samedi 5 décembre")
    tap(small, "Confirmer le retour")
    expect(small.locator("main")).to_contain_text("À montrer au comptoir")


# ------------------------------------------------------------ with no network


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 640}, locale="fr-FR")
    context.set_default_timeout(20_000)
    yield context
    context.close()


def test_the_pass_opens_with_no_network_and_says_of_when_it_is(phone: BrowserContext, served: Served) -> None:
    address = ready(served)
    page = phone.new_page()
    page.goto(address)
    expect(page.locator("body[data-kept]")).to_be_attached()
    letters = page.locator(".letters").inner_text()
    phone.set_offline(True)
    page.reload()
    assert page.locator(".letters").inner_text() == letters
    expect(page.locator(".qr path")).to_be_attached()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-offline]")).to_contain_text("Pas de réseau. Voici la page de 10:00")
    paper = page.evaluate("getComputedStyle(document.querySelector('.pass .code')).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    phone.set_offline(False)
    page.reload()
    expect(page.locator("[data-offline]")).to_be_hidden()


def test_a_page_without_a_pass_any_more_is_not_kept(phone: BrowserContext, served: Served) -> None:
    address = ready(served)
    page = phone.new_page()
    page.goto(address)
    expect(page.locator("body[data-kept]")).to_be_attached()
    path = urlparse(address).path
    assert page.evaluate(KEPT, path) is True
    order = ask(served, "SELECT id FROM sales_order WHERE link_hash = $1", digest(path[3:]))
    ask(served, "UPDATE work SET status = 'handed_over' WHERE order_id = $1 RETURNING id", order)
    page.reload()
    eventually(page, f"async () => !(await ({KEPT})({path!r}))")
