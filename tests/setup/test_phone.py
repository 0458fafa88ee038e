"""The local authority: made once, trusted by a strict client, renewed before its certificates end."""

import datetime
import ssl
from pathlib import Path

from cryptography import x509

from comptoir.kit import phone

NOW = datetime.datetime(2026, 3, 7, 12, 30, tzinfo=datetime.UTC)


def held(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificate_and_the_authority_stay_the_same_at_the_second_start(tmp_path: Path) -> None:
    chain, key = phone.certify(tmp_path, "192.168.1.20", NOW)
    first = chain.read_bytes(), key.read_bytes(), (tmp_path / "authority.pem").read_bytes()
    phone.certify(tmp_path, "192.168.1.20", NOW + datetime.timedelta(days=30))
    assert (chain.read_bytes(), key.read_bytes(), (tmp_path / "authority.pem").read_bytes()) == first


def test_another_address_gets_another_certificate_of_the_same_authority(tmp_path: Path) -> None:
    chain, _ = phone.certify(tmp_path, "192.168.1.20", NOW)
    first, authority = chain.read_bytes(), (tmp_path / "authority.pem").read_bytes()
    phone.certify(tmp_path, "10.0.0.7", NOW)
    assert chain.read_bytes() != first
    assert (tmp_path / "authority.pem").read_bytes() == authority
    held(chain).verify_directly_issued_by(held(tmp_path / "authority.pem"))


def test_a_certificate_near_its_end_is_renewed(tmp_path: Path) -> None:
    chain, _ = phone.certify(tmp_path, "192.168.1.20", NOW)
    first = held(chain)
    phone.certify(tmp_path, "192.168.1.20", NOW + datetime.timedelta(days=370))
    assert held(chain).not_valid_after_utc > first.not_valid_after_utc


def test_phones_accept_its_life_and_only_its_owner_reads_the_keys(tmp_path: Path) -> None:
    chain, key = phone.certify(tmp_path, "192.168.1.20", NOW)
    assert held(chain).not_valid_after_utc - held(chain).not_valid_before_utc <= datetime.timedelta(days=398)
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "authority.key").stat().st_mode & 0o777 == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)


def test_the_code_in_the_terminal_is_square_and_framed_in_light() -> None:
    rows = [line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in phone.drawn("https://x").split("\n")]
    assert set(rows[0]) == {"█"}
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == (len(rows[0]) + 1) // 2
