"""Every environment variable, in one frozen struct, read once when a process starts."""

import json
import os
import re
import secrets
import urllib.parse
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

import msgspec

T = TypeVar("T")
Environment = Literal["dev", "production"]

DEFAULT_PORT = 8700
SECRET_BYTES = 32
POOL_SIZES = range(4, 9)
LOG_LEVELS = ("debug", "info", "warning", "error")
EXAMPLES = {
    "COMPTOIR_BOUNCE_ADDRESS": "returns+*@example.com",
    "COMPTOIR_BOUNCE_IMAP": "imaps://returns%40example.com:password@imap.example.com/INBOX",
    "COMPTOIR_CARRIER_SECRETS": '{"colissimo-orme": {"contract": "...", "password": "..."}}',
    "COMPTOIR_CHANNEL_SECRETS": '{"shopify-orme": ["new secret", "old secret"]}',
    "COMPTOIR_CONTACT": "support@example.com",
    "COMPTOIR_DATA": "/var/lib/comptoir",
    "COMPTOIR_ENV": "production",
    "COMPTOIR_HOST": "127.0.0.1",
    "COMPTOIR_LOG_LEVEL": "info",
    "COMPTOIR_MAIL_FROM": "bonjour@example.com",
    "COMPTOIR_MAIL_URL": "smtp://name:password@mail.example.com:587",
    "COMPTOIR_NO_SW": "yes",
    "COMPTOIR_PAYMENT_SECRETS": '{"stripe-orme": {"key": "sk_live_...", "webhook": "whsec_..."}}',
    "COMPTOIR_POOL": "6",
    "COMPTOIR_PORT": "8700",
    "COMPTOIR_PRINTERS_LOCAL": "no",
    "COMPTOIR_PUSH_HOSTS": "push.example.com,*.push.example.net",
    "COMPTOIR_PUSH_LOCAL": "no",
    "COMPTOIR_RETAILER": "Orme",
    "COMPTOIR_SECRET": "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
    "COMPTOIR_SECURE_COOKIES": "yes",
    "COMPTOIR_SMS": '{"provider": "twilio", "sid": "AC...", "token": "...", "sender": "ORME"}',
    "COMPTOIR_TRUSTED_PROXIES": "10.0.0.0/8,192.168.1.5",
    "COMPTOIR_URL": "https://comptoir.example.com",
    "COMPTOIR_WEBHOOKS_LOCAL": "no",
    "DATABASE_URL": "postgresql://comptoir:password@db.example.com:5432/comptoir",
}


class BadSetting(Exception):
    """A variable is missing or wrong. The text names it, says what is wrong and shows an example; never its value."""

    def __init__(self, variable: str, wrong: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} {wrong}. Example: {variable}={EXAMPLES[variable]}")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this process is to run."""

    data: Path
    environment: Environment = "dev"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    port_given: bool = False
    database_url: str | None = None
    secret: bytes
    url: str
    secure_cookies: bool = False
    trusted_proxies: tuple[str, ...] = ()
    channel_secrets: dict[str, tuple[str, ...]] = {}
    carrier_secrets: dict[str, dict[str, str]] = {}
    payment_secrets: dict[str, dict[str, str]] = {}
    service_worker: bool = True
    pool_size: int = 6
    contact: str = ""
    mail_url: str = ""
    mail_from: str = ""
    bounce_address: str = ""
    bounce_imap: str = ""
    sms: dict[str, str] = {}
    push_hosts: tuple[str, ...] = ()
    push_local: bool = False
    printers_local: bool = False
    webhooks_local: bool = False
    retailer: str = "Orme"
    log_level: str = "info"

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def database_folder(self) -> Path:
        """Where the built-in PostgreSQL keeps its files when DATABASE_URL is not set."""
        return self.data / "postgres"

    def __repr__(self) -> str:
        # Secrets and the database's password must never reach a log by way of a traceback.
        return f"Settings(environment={self.environment!r}, data={str(self.data)!r}, port={self.port})"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the variables of `environ`; an empty one counts as not set. Raises BadSetting.

        In dev the secret is made once and kept in the data folder, readable by its owner alone.
        """
        given = _Given(environ)
        environment: Environment = given.read("COMPTOIR_ENV", _environment, "dev")
        data = given.read("COMPTOIR_DATA", _folder, default_data())
        host = given.read("COMPTOIR_HOST", _host, "127.0.0.1")
        port = given.read("COMPTOIR_PORT", _port, DEFAULT_PORT)
        url = given.read("COMPTOIR_URL", _url, f"http://{host}:{port}")
        return cls(
            data=data,
            environment=environment,
            host=host,
            port=port,
            port_given=given.has("COMPTOIR_PORT"),
            database_url=given.read("DATABASE_URL", _database_url, None),
            secret=_secret(given, environment, data),
            url=url,
            secure_cookies=given.read("COMPTOIR_SECURE_COOKIES", _yes_or_no, url.startswith("https://")),
            trusted_proxies=given.read("COMPTOIR_TRUSTED_PROXIES", _networks, ()),
            carrier_secrets=given.read("COMPTOIR_CARRIER_SECRETS", _carrier_secrets, {}),
            payment_secrets=given.read("COMPTOIR_PAYMENT_SECRETS", _carrier_secrets, {}),
            channel_secrets=given.read("COMPTOIR_CHANNEL_SECRETS", _channel_secrets, {}),
            service_worker=not given.read("COMPTOIR_NO_SW", _yes_or_no, False),
            pool_size=given.read("COMPTOIR_POOL", _pool_size, 6),
            contact=given.read("COMPTOIR_CONTACT", _contact, ""),
            mail_url=given.read("COMPTOIR_MAIL_URL", _mail_url, ""),
            mail_from=_mail_from(given),
            bounce_address=given.read("COMPTOIR_BOUNCE_ADDRESS", _bounce_address, ""),
            bounce_imap=given.read("COMPTOIR_BOUNCE_IMAP", _bounce_imap, ""),
            sms=given.read("COMPTOIR_SMS", _sms, {}),
            push_hosts=given.read("COMPTOIR_PUSH_HOSTS", _push_hosts, ()),
            push_local=_for_tests(given, environment, "COMPTOIR_PUSH_LOCAL"),
            printers_local=_for_tests(given, environment, "COMPTOIR_PRINTERS_LOCAL"),
            webhooks_local=_for_tests(given, environment, "COMPTOIR_WEBHOOKS_LOCAL"),
            retailer=given.read("COMPTOIR_RETAILER", _name, "Orme" if environment == "dev" else "Comptoir"),
            log_level=given.read("COMPTOIR_LOG_LEVEL", _log_level, "info"),
        )


def default_data() -> Path:
    """`.data` in a checkout, else the user's own folder for application data."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").exists():
        return checkout / ".data"
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "comptoir"


class _Given:
    """The variables that are set, and the one place where a reader's complaint gets the variable's name."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def has(self, variable: str) -> bool:
        return bool(self._environ.get(variable, "").strip())

    def read(self, variable: str, reader: Callable[[str], T], default: T) -> T:
        text = self._environ.get(variable, "").strip()
        if not text:
            return default
        try:
            return reader(text)
        except _Wrong as wrong:
            raise BadSetting(variable, str(wrong)) from None


class _Wrong(Exception):
    """What is wrong with a value, in words that follow the variable's name."""


def _refuse(wrong: str) -> NoReturn:
    raise _Wrong(wrong)


def _environment(text: str) -> Environment:
    if text == "dev":
        return "dev"
    if text == "production":
        return "production"
    _refuse("is neither dev nor production")


def _folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        _refuse("is a file, not a folder")
    return path


def _host(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.:\-]{1,253}", text):
        _refuse("is not a host name or address")
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        _refuse("is not a port between 1 and 65535")
    return int(text)


def _url(text: str) -> str:
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        _refuse("is not a plain http or https address")
    if parts.path not in ("", "/"):
        _refuse("has a path; Comptoir is served at the root of its host")
    return text.rstrip("/")


def _database_url(text: str) -> str:
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres"):
        _refuse("does not begin with postgresql://")
    if not parts.path.strip("/"):
        _refuse("names no database after the host")
    return text


def _yes_or_no(text: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}
    if text.lower() not in answers:
        _refuse("is neither yes nor no")
    return answers[text.lower()]


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in text.split(",") if part.strip())
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            _refuse("is not a list of addresses or networks")
    return networks


def _channel_secrets(text: str) -> dict[str, tuple[str, ...]]:
    try:
        decoded = json.loads(text)
    except ValueError:
        _refuse("is not JSON")
    if not isinstance(decoded, dict):
        _refuse("is not an object of channel id to list of secrets")
    for held in decoded.values():
        if not isinstance(held, list) or not held or not all(isinstance(one, str) and one for one in held):
            _refuse("holds a channel without a list of secrets")
    return {channel: tuple(held) for channel, held in decoded.items()}


def _carrier_secrets(text: str) -> dict[str, dict[str, str]]:
    try:
        decoded = json.loads(text)
    except ValueError:
        _refuse("is not JSON")
    if not isinstance(decoded, dict):
        _refuse("is not an object of account id to secrets")
    for held in decoded.values():
        if not isinstance(held, dict) or not all(isinstance(one, str) and one for one in held.values()):
            _refuse("holds an account whose secrets are not an object of texts")
    return decoded


def _pool_size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) not in POOL_SIZES:
        _refuse("is not a number of connections between 4 and 8")
    return int(text)


def _contact(text: str) -> str:
    if "@" not in text or len(text) > 200:
        _refuse("is not an e-mail address")
    return text


def _mail_url(text: str) -> str:
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        _refuse("is neither smtp://host nor smtps://host")
    try:
        parts.port  # noqa: B018  (reading it is the check)
    except ValueError:
        _refuse("has a port that is not a number below 65536")
    return text


def _mail_from(given: _Given) -> str:
    """The sender's address; whoever names a mail server names it too."""
    found = given.read("COMPTOIR_MAIL_FROM", _contact, "")
    if not found and given.has("COMPTOIR_MAIL_URL"):
        raise BadSetting("COMPTOIR_MAIL_FROM", "is missing, and mail needs a sender")
    return found


def _bounce_address(text: str) -> str:
    """Where mail that could not be delivered goes back to; a star is where the message's own name stands."""
    local, _, domain = text.rpartition("@")
    if not re.fullmatch(r"[A-Za-z0-9._+=*-]{1,22}", local) or not re.fullmatch(r"[A-Za-z0-9.-]{3,190}", domain):
        _refuse("is not an e-mail address with at most 22 characters before the @")
    if text.count("*") > 1:
        _refuse("has more than one star")
    return text


def _bounce_imap(text: str) -> str:
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username or not parts.password:
        _refuse("is not imaps://name:password@host/folder")
    if parts.scheme == "imap" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        _refuse("would send a password in the clear")
    try:
        parts.port  # noqa: B018  (reading it is the check)
    except ValueError:
        _refuse("has a port that is not a number below 65536")
    return text


SMS_KEYS = {
    "ovh": {"service", "sender", "application_key", "application_secret", "consumer_key"},
    "twilio": {"sid", "token", "sender"},
    "brevo": {"key", "sender"},
}
"""What every provider of SMS needs; `base` may be given to each, for a server that stands in for it."""


def _sms(text: str) -> dict[str, str]:
    try:
        decoded = json.loads(text)
    except ValueError:
        _refuse("is not JSON")
    if not isinstance(decoded, dict) or not all(isinstance(one, str) and one for one in decoded.values()):
        _refuse("is not an object of names and texts")
    needed = SMS_KEYS.get(decoded.get("provider", ""))
    if needed is None:
        _refuse(f"names no provider of {', '.join(SMS_KEYS)}")
    if missing := needed - set(decoded):
        _refuse(f"lacks {', '.join(sorted(missing))}")
    if unknown := set(decoded) - needed - {"provider", "base"}:
        _refuse(f"holds what {decoded['provider']} does not know: {', '.join(sorted(unknown))}")
    return decoded


def _push_hosts(text: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for name in names:
        # Names of the public network alone: no address, no name without a dot, nothing that stands for a whole top domain.
        if not re.fullmatch(r"(\*\.)?([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", name) or len(name) > 253:
            _refuse("is not a list of host names")
        if name.startswith("*.") and name.count(".") < 2:
            _refuse("lets a whole top domain in")
    return names


def _for_tests(given: _Given, environment: str, variable: str) -> bool:
    """Whether a push service, a printer or a webhook of this machine may be called: for tests and the demo, never in production."""
    local = given.read(variable, _yes_or_no, False)
    if local and environment == "production":
        raise BadSetting(variable, "is for tests, and production does not start with it")
    return local


def _name(text: str) -> str:
    if len(text) > 40 or not text.isprintable():
        _refuse("is not a name of at most 40 characters")
    return text


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        _refuse(f"is none of {', '.join(LOG_LEVELS)}")
    return text.lower()


def _secret(given: _Given, environment: str, data: Path) -> bytes:
    def long_enough(text: str) -> bytes:
        if len(text.encode()) < SECRET_BYTES:
            _refuse(f"is shorter than {SECRET_BYTES} bytes")
        return text.encode()

    found = given.read("COMPTOIR_SECRET", long_enough, b"")
    if found:
        return found
    if environment == "production":
        raise BadSetting("COMPTOIR_SECRET", "is missing, and production does not start without it")
    return _kept_secret(data / "secret")


def _kept_secret(path: Path) -> bytes:
    """The secret of a dev folder; written whole beside its place and linked in, so two first starts agree."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name(f"secret.{secrets.token_hex(8)}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_bytes().strip()
    except OSError as error:
        raise BadSetting("COMPTOIR_DATA", f"is a folder that cannot be used ({error.strerror})") from error
