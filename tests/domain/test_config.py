"""Settings: every fault at once, by name, without a value (attacks 56 and 60 of the threat list)."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from helpline.config import Mode, Settings, SettingsError, load_settings
from helpline.config_names import BY_NAME, NAMES, env_example
from helpline.preflight import HostFacts, check_host, check_redis, read_host
from tests.environ import environ_for_tests

ROOT = Path(__file__).parents[2]


def faults_of(environ: dict[str, str], cwd: Path) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, cwd)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def names_in(faults: tuple[str, ...]) -> set[str]:
    return {fault.split(":", 1)[0] for fault in faults}


@pytest.mark.parametrize("mode", ["demo", "test", "production"])
def test_a_complete_environment_loads(mode: str, tmp_path: Path) -> None:
    settings = load_settings(environ_for_tests(mode), tmp_path)

    assert settings.mode is Mode(mode)
    assert len(settings.recovery_key) == 32
    assert (settings.seal_after_s, settings.erase_after_s, settings.sweep_every_s) == (600, 60, 60)
    assert (settings.carrier.region, settings.carrier.edge) == ("ie1", "dublin")
    assert settings.var_dir == tmp_path / "var"
    assert (settings.voice_port, settings.fallback_port) == (8000, 8004)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load_settings(environ_for_tests(), tmp_path)

    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.welcome_s = 3  # type: ignore[misc]  # the refusal is what is tested


def test_an_empty_environment_names_every_required_setting_at_once(tmp_path: Path) -> None:
    faults = faults_of({}, tmp_path)

    assert names_in(faults) == {entry.name for entry in NAMES if entry.required}
    assert all(fault.endswith("is missing") for fault in faults)


REFUSED_IN_EVERY_MODE = [
    ("HELPLINE_MODE", "staging", "must be demo, test or production"),
    ("HELPLINE_PUBLIC_ORIGIN", "", "is empty"),
    ("HELPLINE_PUBLIC_ORIGIN", "https://voix.fr/voice", "must be an origin"),
    ("HELPLINE_PUBLIC_ORIGIN", "https://user:pw4711@voix.fr", "must be an origin"),
    ("HELPLINE_PUBLIC_ORIGIN", "https://voix.fr:port4711", "must be an origin"),
    ("HELPLINE_DATABASE_URL", "mysql://root:pw4711@db", "must be a URL"),
    ("HELPLINE_REDIS_URL", "/run/redis4711.sock", "must be a URL"),
    ("HELPLINE_RECOVERY_KEY", "AAAA4711", "must be 32 bytes"),
    ("HELPLINE_SECRET_KEYS", "short4711", "is too short"),
    ("HELPLINE_SECRET_KEYS", "q8Zr2LmX5vNc7BtY1wKs4HdJ9gFp6RaU,,", "empty entry"),
    ("HELPLINE_SECRET_KEYS", " q8Zr2LmX5vNc7BtY1wKs4HdJ9gFp6RaU", "white space"),
    ("TWILIO_AUTH_TOKEN", "f0e1d2c3b4a5968778695a4b3c2d1e0f ", "white space"),
    ("TWILIO_AUTH_TOKEN", "tok4711", "is too short"),
    ("TWILIO_ACCOUNT_SID", "AC4711", "must be AC and 32"),
    ("TWILIO_API_KEY", "SK" + "0123456789abcdef" * 2, "must be set together"),
    ("TWILIO_REGION", "us1", "must not be set"),
    ("TWILIO_EDGE", "ashburn", "must not be set"),
    ("HELPLINE_PORT_BASE", "80", "must be a whole number from 1024"),
    ("HELPLINE_PORT_BASE", "٨٠٠٠", "must be a whole number"),
    ("HELPLINE_WELCOME_S", "9", "from 1 to 8"),
    ("HELPLINE_LEGS_PER_S", "0", "must be a number above 0"),
    ("HELPLINE_LEGS_PER_S", "nan", "must be a number above 0"),
    ("HELPLINE_ALARM_TO", "garde4711", "e-mail"),
    ("HELPLINE_SEAL_AFTER", "5", "did you mean HELPLINE_SEAL_AFTER_S?"),
    ("HELPLINE_SKIP_SIGNATURE", "1", "is not a setting"),
]


@pytest.mark.parametrize(("name", "value", "what"), REFUSED_IN_EVERY_MODE)
def test_a_bad_value_is_refused_by_name_and_never_quoted(
    name: str, value: str, what: str, tmp_path: Path
) -> None:
    faults = faults_of({**environ_for_tests(), name: value}, tmp_path)

    assert [fault for fault in faults if fault.startswith(f"{name}: ") and what in fault]
    quoted = value.strip(" ,")
    assert len(quoted) < 3 or not any(quoted in fault.removeprefix(f"{name}: ") for fault in faults)


REFUSED_IN_PRODUCTION = [
    ("TWILIO_AUTH_TOKEN", "changeme-changeme-changeme-changeme", "is a placeholder"),
    ("TWILIO_AUTH_TOKEN", "x" * 32, "is a placeholder"),
    ("TWILIO_AUTH_TOKEN", "0" * 32, "is a placeholder"),
    ("HELPLINE_SECRET_KEYS", "example-of-a-secret-that-is-long-enough", "is a placeholder"),
    ("HELPLINE_PUBLIC_ORIGIN", "http://voix.ecoute-medecins.fr", "must start with https"),
    ("HELPLINE_DASHBOARD_ORIGIN", "https://localhost", "local address"),
    ("HELPLINE_PUBLIC_ORIGIN", "https://voix.example.org", "placeholder"),
    ("HELPLINE_PUBLIC_ORIGIN", "", "is empty"),
    ("HELPLINE_DATABASE_URL", "sqlite:///helpline.db", "SQLite"),
    ("HELPLINE_CARRIER_URL", "http://127.0.0.1:8002", "not the carrier's"),
    ("HELPLINE_CARRIER_URL", "https://api.twilio.com.evil.fr", "not the carrier's"),
    ("HELPLINE_REDIS_CLOCK_URL", "unix://app:Tf8hJm2rUx6eGc4i@/run/redis.sock", "another Redis user"),
    ("HELPLINE_REDIS_URL", "unix:///run/redis.sock", "must name its own Redis user"),
    ("HELPLINE_REDIS_URL", "redis://app:short@127.0.0.1/0", "too short"),
    ("HELPLINE_SEAL_AFTER_S", "5", "delay for demos"),
    ("HELPLINE_ERASE_AFTER_S", "59", "delay for demos"),
    ("HELPLINE_SWEEP_EVERY_S", "2", "delay for demos"),
    ("HELPLINE_SEED", "7", "never in production"),
    ("FLASK_DEBUG", "1", "debugging"),
    ("TESTING", "1", "debugging"),
    ("HELPLINE_DEBUG", "true", "debugging"),
]


@pytest.mark.parametrize(("name", "value", "what"), REFUSED_IN_PRODUCTION)
def test_production_refuses_what_a_demo_may_have(name: str, value: str, what: str, tmp_path: Path) -> None:
    faults = faults_of({**environ_for_tests("production"), name: value}, tmp_path)

    assert [fault for fault in faults if fault.startswith(f"{name}: ") and what in fault]


def test_production_lists_all_its_faults_together(tmp_path: Path) -> None:
    changes = {"FLASK_DEBUG": "1", "TESTING": "1", "HELPLINE_SEAL_AFTER_S": "5", "TWILIO_REGION": "us1"}

    faults = faults_of({**environ_for_tests("production"), **changes}, tmp_path)

    assert names_in(faults) == set(changes)


def test_switches_that_say_off_are_no_debugging(tmp_path: Path) -> None:
    environ = {
        **environ_for_tests("production"),
        "FLASK_DEBUG": "0",
        "TESTING": "false",
        "FLASK_ENV": "production",
    }

    assert load_settings(environ, tmp_path).is_production


def test_demo_delays_are_fine_in_a_demo(tmp_path: Path) -> None:
    settings = load_settings({**environ_for_tests("demo"), "HELPLINE_SEAL_AFTER_S": "5"}, tmp_path)

    assert settings.seal_after_s == 5


def test_one_key_for_two_jobs_is_refused(tmp_path: Path) -> None:
    environ = environ_for_tests()
    environ["HELPLINE_SECRET_KEYS"] = environ["TWILIO_AUTH_TOKEN"]

    assert any("every key has one job" in fault for fault in faults_of(environ, tmp_path))


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("f0e1d2c3b4a5968778695a4b3c2d1e0f\n")
    environ = environ_for_tests(TWILIO_AUTH_TOKEN=None, TWILIO_AUTH_TOKEN_FILE="token")

    assert load_settings(environ, tmp_path).carrier.auth_tokens == ("f0e1d2c3b4a5968778695a4b3c2d1e0f",)


@pytest.mark.parametrize(
    ("content", "what"), [(None, "cannot be read"), ("\n", "empty file"), ("ab\n\n", "white space")]
)
def test_a_secret_file_that_is_no_good_is_named(content: str | None, what: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    environ = environ_for_tests(TWILIO_AUTH_TOKEN=None, TWILIO_AUTH_TOKEN_FILE="token")

    assert any(
        fault.startswith("TWILIO_AUTH_TOKEN") and what in fault for fault in faults_of(environ, tmp_path)
    )


def test_a_setting_given_both_ways_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("f0e1d2c3b4a5968778695a4b3c2d1e0f")
    environ = environ_for_tests(TWILIO_AUTH_TOKEN_FILE="token")

    assert any("given twice" in fault for fault in faults_of(environ, tmp_path))


def write_env(path: Path, environ: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# written by a test\n" + "".join(f"{k}={v}\n" for k, v in environ.items()))


def test_the_environment_wins_over_the_file_and_the_demo_file_comes_last(tmp_path: Path) -> None:
    write_env(tmp_path / "var" / "demo" / "env", environ_for_tests(HELPLINE_WELCOME_S="3"))

    assert load_settings({}, tmp_path).welcome_s == 3
    assert load_settings({"HELPLINE_WELCOME_S": "4"}, tmp_path).welcome_s == 4

    write_env(tmp_path / ".env", environ_for_tests(HELPLINE_WELCOME_S="5"))
    assert load_settings({}, tmp_path).welcome_s == 5

    write_env(tmp_path / "other", environ_for_tests(HELPLINE_WELCOME_S="6"))
    assert load_settings({"HELPLINE_ENV_FILE": "other"}, tmp_path).welcome_s == 6


def test_a_settings_file_that_is_no_good_is_named_with_its_line(tmp_path: Path) -> None:
    write_env(tmp_path / ".env", {**environ_for_tests(), "HELPLINE_WELCOM_S": "3"})
    with (tmp_path / ".env").open("a") as file:
        file.write("no equals sign 4711\nHELPLINE_MODE=demo\n")

    faults = faults_of({}, tmp_path)

    assert any("line 14: is not NAME=value" in fault for fault in faults)
    assert "HELPLINE_MODE: is given twice in .env" in faults
    assert "HELPLINE_WELCOM_S: is not a setting; did you mean HELPLINE_WELCOME_S?" in faults
    assert "4711" not in "".join(faults)


def test_a_named_settings_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    environ = {**environ_for_tests(), "HELPLINE_ENV_FILE": "nowhere"}

    assert faults_of(environ, tmp_path) == ("HELPLINE_ENV_FILE: names a file that does not exist",)


def secrets_of(settings: Settings) -> list[str]:
    environ = environ_for_tests("production")
    names = ("HELPLINE_SECRET_KEYS", "HELPLINE_FIELD_KEYS", "TWILIO_AUTH_TOKEN")
    return [environ[name] for name in names] + [
        "Nb3kPq7sVw1yZa5d",
        "Tf8hJm2rUx6eGc4i",
        repr(settings.field_keys[0]),
    ]


def test_neither_describe_nor_repr_shows_a_secret(tmp_path: Path) -> None:
    settings = load_settings(environ_for_tests("production"), tmp_path)
    described = settings.describe()

    assert [name for name, _ in described] == [entry.name for entry in NAMES]
    assert ("HELPLINE_REDIS_URL", "unix://app:***@/run/redis/redis.sock?db=0") in described
    assert ("TWILIO_AUTH_TOKEN", "set, not shown") in described
    for secret in secrets_of(settings):
        assert secret not in repr(settings)
        assert secret not in repr(described)


def test_the_example_file_lists_exactly_the_settings() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()
    assert len(BY_NAME) == len(NAMES)


def test_the_example_file_as_it_stands_does_not_start_production(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(env_example(), encoding="utf-8")

    names = names_in(faults_of({}, tmp_path))

    assert {
        "HELPLINE_PUBLIC_ORIGIN",
        "HELPLINE_SECRET_KEYS",
        "TWILIO_AUTH_TOKEN",
        "HELPLINE_REDIS_URL",
    } <= names


def test_redis_must_keep_live_calls_in_memory_only() -> None:
    good = {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}

    assert check_redis(good) == []
    assert check_redis({**good, "save": "3600 1"}) == ['Redis: save must be ""']
    assert check_redis({**good, "appendonly": "yes"}) == ['Redis: appendonly must be "no"']
    assert check_redis({**good, "maxmemory-policy": "allkeys-lru"}) == [
        'Redis: maxmemory-policy must be "noeviction"'
    ]
    assert len(check_redis({})) == 3


def test_a_host_that_could_write_memory_to_disk_is_refused(tmp_path: Path) -> None:
    swaps = tmp_path / "swaps"
    swaps.write_text("Filename Type Size Used Priority\n/dev/zram0 partition 1 0 100\n")
    assert not read_host(swaps).swap_on

    swaps.write_text("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    assert read_host(swaps).swap_on

    assert check_host(HostFacts(swap_on=False, core_dumps_on=False)) == []
    assert [fault.split(":")[0] for fault in check_host(HostFacts(swap_on=True, core_dumps_on=True))] == [
        "swap",
        "core dumps",
    ]
