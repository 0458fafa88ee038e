"""A phone on the LAN: HTTPS with a local authority of our own, and codes to scan in the terminal.

Browsers give service workers, camera and push to secure pages alone, and a LAN address is not one over plain HTTP.
The authority is made at the first start and stays in the data folder; a phone trusts it once.
"""

import contextlib
import datetime
import http.server
import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
# iOS refuses server certificates that live longer.
SERVER_DAYS = 397
RENEW_DAYS = 30
AUTHORITY_NAME = "Comptoir local authority"


class NoLan(Exception):
    """This machine has no address that a phone could reach."""


class Lan(msgspec.Struct, frozen=True):
    """What is open to phones: `url` over HTTPS, and `trust_url` where the authority's certificate is fetched once."""

    url: str
    trust_url: str
    certificate: Path
    key: Path
    listening: socket.socket

    def tell(self, say: Callable[[str], None]) -> None:
        """Print both addresses, each with its code."""
        say(f"\nOn a phone in the same network: {self.url}\n{drawn(self.url)}")
        say(f"Once per phone, to trust this machine: {self.trust_url}\n{drawn(self.trust_url)}")


def drawn(text: str) -> str:
    """A QR code in half-block characters, readable on dark and light terminals alike."""
    rows = [bytes(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append(bytes(len(rows[0])))
    # Light modules are painted, dark ones are the background; the colors are set so that no theme inverts them.
    blocks = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    lines = (
        "".join(blocks[upper, lower] for upper, lower in zip(rows[i], rows[i + 1], strict=True))
        for i in range(0, len(rows), 2)
    )
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in lines)


def lan_address() -> str:
    """This machine's own IPv4 address on the network that leads outside. Raises NoLan."""
    # Connecting a datagram socket sends nothing; it only makes the kernel choose the route.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError as error:
            raise NoLan("This machine is in no network; --phone needs one.") from error
        address: str = probe.getsockname()[0]
    if ipaddress.ip_address(address).is_loopback:
        raise NoLan("This machine is in no network; --phone needs one.")
    return address


@contextlib.contextmanager
def opened(folder: Path, port: int) -> Iterator[Lan]:
    """Sockets on the LAN address: HTTPS for the app, plain HTTP for the authority's certificate alone."""
    address = lan_address()
    authority = folder / "authority.pem"
    certificate, key = certify(folder, address, datetime.datetime.now(datetime.UTC))
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(_near(address, port))
        trust = http.server.ThreadingHTTPServer((address, 0), _answering(authority.read_bytes()))
        stack.callback(trust.server_close)
        threading.Thread(target=trust.serve_forever, name="trust", daemon=True).start()
        stack.callback(trust.shutdown)
        yield Lan(
            url=f"https://{address}:{listening.getsockname()[1]}",
            trust_url=f"http://{address}:{trust.server_address[1]}/comptoir.crt",
            certificate=certificate,
            key=key,
            listening=listening,
        )


def _near(address: str, port: int) -> socket.socket:
    """The same port as on 127.0.0.1 where it is free, so that only the address differs."""
    try:
        return socket.create_server((address, port), backlog=2048)
    except OSError:
        return socket.create_server((address, 0), backlog=2048)


def certify(folder: Path, address: str, now: datetime.datetime) -> tuple[Path, Path]:
    """The certificate chain and key for `address`: made where missing, for another address, or near their end."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    chain, key = folder / "server.pem", folder / "server.key"
    if not (authority.exists() and authority_key.exists()):
        _make_authority(authority, authority_key, now)
        chain.unlink(missing_ok=True)
    if not (chain.exists() and key.exists() and _still_good(chain, address, now)):
        _make_server(chain, key, authority, authority_key, address, now)
    return chain, key


def _still_good(chain: Path, address: str, now: datetime.datetime) -> bool:
    held = x509.load_pem_x509_certificate(chain.read_bytes())
    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    soon = now + datetime.timedelta(days=RENEW_DAYS)
    return ipaddress.ip_address(address) in addresses and held.not_valid_after_utc > soon


def _make_authority(certificate: Path, key: Path, now: datetime.datetime) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{AUTHORITY_NAME} ({socket.gethostname()[:30]})")])
    made = (
        _certificate(name, name, secret.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), critical=False)
        .sign(secret, hashes.SHA256())
    )
    _write_key(key, secret)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _make_server(
    chain: Path, key: Path, authority: Path, authority_key: Path, address: str, now: datetime.datetime
) -> None:
    issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    names = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName(socket.gethostname()[:60] or "localhost")]
    made = (
        _certificate(name, issuer.subject, secret.public_key(), now, SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write_key(key, secret)
    encoding = serialization.Encoding.PEM
    chain.write_bytes(made.public_bytes(encoding) + issuer.public_bytes(encoding))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    # Phones' clocks differ: it begins an hour ago.
    begins = now - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=days))
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Whole and readable by its owner alone from the first byte on."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    fresh.replace(path)


def _answering(authority: bytes) -> type[http.server.BaseHTTPRequestHandler]:
    class Trust(http.server.BaseHTTPRequestHandler):
        """Gives the authority's certificate, whatever is asked, and nothing else of this machine."""

        timeout = 10

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/x-x509-ca-cert")
            self.send_header("Content-Length", str(len(authority)))
            self.end_headers()
            self.wfile.write(authority)

        def log_message(self, format: str, *args: object) -> None:
            """The terminal belongs to the app's own lines."""

    return Trust
