"""Settings: what is read, what is refused and how the refusal reads."""

from pathlib import Path

import pytest

from comptoir.settings import EXAMPLES, BadSetting, Settings

SECRET = "not a real one, but forty bytes long....."


def test_with_nothing_set_it_is_a_dev_process_on_this_machine_alone(tmp_path: Path) -> None:
    settings = Settings.from_env({"COMPTOIR_DATA": str(tmp_path)})
    assert (settings.environment, settings.host, settings.port, settings.url) == (
        "dev",
        "127.0.0.1",
        8700,
        "http://127.0.0.1:8700",
    )
    assert settings.database_url is None
    assert settings.secure_cookies is False


def test_the_dev_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = Settings.from_env({"COMPTOIR_DATA": str(tmp_path)})
    again = Settings.from_env({"COMPTOIR_DATA": str(tmp_path)})
    assert first.secret == again.secret
    assert len(first.secret) >= 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_production_without_a_secret_refuses_and_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="COMPTOIR_SECRET is missing"):
        Settings.from_env({"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_ENV": "production"})


def test_production_on_https_has_secure_cookies(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "COMPTOIR_DATA": str(tmp_path),
            "COMPTOIR_ENV": "production",
            "COMPTOIR_SECRET": SECRET,
            "COMPTOIR_URL": "https://comptoir.example.com/",
        }
    )
    assert settings.secure_cookies is True
    assert settings.url == "https://comptoir.example.com"
    assert list(tmp_path.iterdir()) == []


def test_channel_secrets_may_be_several_in_rotation(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_CHANNEL_SECRETS": '{"shopify-orme": ["new", "old"]}'}
    )
    assert settings.channel_secrets == {"shopify-orme": ("new", "old")}


def test_a_secret_is_not_shown_when_the_settings_are_printed(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_SECRET": SECRET, "DATABASE_URL": "postgresql://u:hush@h/d"}
    )
    assert SECRET not in repr(settings)
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("COMPTOIR_ENV", "staging"),
        ("COMPTOIR_HOST", "a host"),
        ("COMPTOIR_PORT", "http"),
        ("COMPTOIR_PORT", "70000"),
        ("COMPTOIR_URL", "comptoir.example.com"),
        ("COMPTOIR_URL", "https://example.com/comptoir"),
        ("COMPTOIR_SECRET", "tooshort"),
        ("COMPTOIR_SECURE_COOKIES", "perhaps"),
        ("COMPTOIR_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("COMPTOIR_CHANNEL_SECRETS", "{'shopify': 1}"),
        ("COMPTOIR_CHANNEL_SECRETS", '{"shopify": "hush-hush"}'),
        ("COMPTOIR_CHANNEL_SECRETS", "[]"),
        ("COMPTOIR_CARRIER_SECRETS", '{"colissimo-orme": "hush-hush"}'),
        ("COMPTOIR_POOL", "3"),
        ("COMPTOIR_POOL", "four"),
        ("COMPTOIR_CONTACT", "nobody"),
        ("COMPTOIR_MAIL_URL", "smtp://mail.example.com:99999"),
        ("COMPTOIR_MAIL_URL", "https://mail.example.com"),
        ("COMPTOIR_SMS", "not JSON"),
        ("COMPTOIR_SMS", '{"provider": "pigeon"}'),
        ("COMPTOIR_SMS", '{"provider": "brevo", "key": "k"}'),
        ("COMPTOIR_LOG_LEVEL", "loud"),
        ("COMPTOIR_RETAILER", "a name that goes on for far too long to stand on a phone"),
        ("DATABASE_URL", "mysql://hush-hush@host/db"),
        ("DATABASE_URL", "postgresql://user:hush-hush@host"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_and_an_example_and_without_the_value(
    tmp_path: Path, variable: str, text: str
) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_env({"COMPTOIR_DATA": str(tmp_path), variable: text})
    assert str(refused.value).startswith(f"{variable} ")
    assert EXAMPLES[variable] in str(refused.value)
    assert "hush-hush" not in str(refused.value)
    assert "tooshort" not in str(refused.value)


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="COMPTOIR_DATA is a file"):
        Settings.from_env({"COMPTOIR_DATA": str(tmp_path / "file")})


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="COMPTOIR_DATA is a folder that cannot be used"):
        Settings.from_env({"COMPTOIR_DATA": str(tmp_path / "file" / "below")})


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "localhost", "push", "*.com", "*", "https://push.example.com", "a.example.com:8080", "a..com", "user@a.example.com"]
)  # fmt: skip
def test_further_push_services_are_names_of_the_public_network(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match="COMPTOIR_PUSH_HOSTS"):
        Settings.from_env({"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_PUSH_HOSTS": text})


def test_production_refuses_to_call_a_push_service_of_its_own_machine(tmp_path: Path) -> None:
    given = {"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_SECRET": SECRET, "COMPTOIR_PUSH_LOCAL": "yes"}
    assert Settings.from_env(given).push_local is True
    with pytest.raises(BadSetting, match="COMPTOIR_PUSH_LOCAL"):
        Settings.from_env(given | {"COMPTOIR_ENV": "production"})
