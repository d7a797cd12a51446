"""config.toml: what can be set, its defaults, and clear words for what is wrong in it."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time, timedelta, tzinfo
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import platformdirs
from msgspec import Meta, field
from msgspec.structs import replace

from monitor.adapters.store.address import checked
from monitor.config_reading import KeyMissing, NoSuchKey, Refused, Section, keys_of, line_of, read
from monitor.rules.policy import DEFAULT_LIMITS, Limit, Policy
from scrapers import carriers
from scrapers.base import Stage
from scrapers.marketplaces.profiles import Profile, Profiles, reading, shipped

if TYPE_CHECKING:
    from monitor.rules.schedule import Intervals
    from monitor.rules.telling import Habits

APPLICATION = "parcelwarden"
LEAST_TOKEN = 16
# Keys whose values open something: what is wrong with one is said without it.
_SECRET = frozenset({"token", "key", "ntfy", "webhook", "command", "apprise", "ping", "url"})
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_COUNTRY, _LANGUAGE, _TOPIC = re.compile("[A-Z]{2}"), re.compile("[a-z]{2}"), re.compile(r"[^+#\s]+")


class ConfigError(Exception):
    """config.toml cannot be used; the message names file, key, line and what to do."""


# Where one may be tempted to write a secret, and its name for `parcelwarden secret`.
_NOT_HERE: dict[tuple[str, ...], str] = {
    ("mail", "password"): "mail",
    ("notify", "email", "password"): "smtp",
    ("notify", "token"): "ntfy",
    ("mqtt", "password"): "mqtt",
    ("store", "password"): "store",
}


def _known_zone(name: str) -> str:
    if name and name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), 1)
        raise ValueError(f"no such time zone{f'; did you mean {near[0]}?' if near else ''}")
    return name


def _web_address(address: str) -> str:
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("an address begins with http:// or https://")
    return address.rstrip("/")


def _whole_ladder(days: tuple[int, ...]) -> tuple[int, ...]:
    if 0 not in days:
        raise ValueError("the ladder must hold 0, the last safe day itself")
    return tuple(sorted(set(days), reverse=True))


def _own_address(host: str) -> str:
    try:
        return str(ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise ValueError("write an address of this machine, e.g. 127.0.0.1 or 192.168.1.20") from None


def _long_token(token: str) -> str:
    if token and len(token) < LEAST_TOKEN:
        raise ValueError(f"a token has {LEAST_TOKEN} signs or more, for it alone keeps others out")
    return token


def _time_of_day(text: str) -> str:
    if text and not _TIME.fullmatch(text):
        raise ValueError("write a time of day as 18:00")
    return text


def _hours_of_day(text: str) -> str:
    start, _, end = text.partition("-")
    if text and not (_TIME.fullmatch(start) and _TIME.fullmatch(end)):
        raise ValueError("write quiet hours as 22:00-07:00")
    return text


def _country(code: str) -> str:
    if code and not _COUNTRY.fullmatch(code):
        raise ValueError("write a country's two capital letters, e.g. DE")
    return code


def _language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise ValueError("write a language's two small letters, e.g. en")
    return code


def _topic(name: str) -> str:
    if not _TOPIC.fullmatch(name):
        raise ValueError("write the beginning of a topic, without blanks, + and #")
    return name


def _host(name: str) -> str:
    try:
        name.encode("idna")
    except UnicodeError:
        raise ValueError("no host is called that") from None
    if re.search(r"[\s/]", name):
        raise ValueError("write a host alone, without mqtt:// and path")
    return name


def _polite_hours(hours: float) -> float:
    if hours != 0 and not 3 <= hours <= 168:
        raise ValueError("write 0 for never by itself, or 3 hours or more, at most 168: a shop is no carrier")
    return hours


Hours = Annotated[float, Meta(gt=0, le=168)]
Days = Annotated[int, Meta(ge=0, le=365)]
Country = Annotated[str, _country]
Language = Annotated[str, _language]
WebAddress = Annotated[str, _web_address]


class General(Section, frozen=True, kw_only=True):
    timezone: Annotated[str, _known_zone] = ""
    language: Language = "en"
    home_country: Country = ""
    home_city: str = ""
    postcode: str = ""


class StoreSection(Section, frozen=True, kw_only=True):
    url: Annotated[str, checked] = ""


class Polling(Section, frozen=True, kw_only=True):
    quiet_interval: Hours = 24
    moving_interval: Hours = 8
    close_interval: Hours = 3
    jitter: Annotated[float, Meta(ge=0, le=1)] = 0.2
    host_pause: Annotated[float, Meta(ge=0, le=600)] = 5
    host_connections: Annotated[int, Meta(ge=1, le=32)] = 1


class StageLimit(Section, frozen=True, kw_only=True):
    late: Days
    stalled: Days


class Thresholds(Section, frozen=True, kw_only=True):
    untracked_days: Days = 10
    not_shipped_days: Days = 7
    stages: dict[str, StageLimit] = field(default_factory=dict)


class Warnings(Section, frozen=True, kw_only=True):
    ladder: Annotated[tuple[Days, ...], _whole_ladder] = (14, 7, 3, 1, 0)


class Email(Section, frozen=True, kw_only=True):
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 465
    security: Literal["tls", "starttls"] = "tls"
    user: str = ""
    sender: str = ""
    to: str = ""


class NotifySection(Section, frozen=True, kw_only=True):
    desktop: bool = True
    ntfy: WebAddress = ""
    webhook: WebAddress = ""
    command: tuple[str, ...] = ()
    apprise: tuple[str, ...] = ()
    quiet_hours: Annotated[str, _hours_of_day] = ""
    digest: Annotated[str, _time_of_day] = ""
    escalate_hours: Hours = 4
    ping: WebAddress = ""
    email: Email = Email()

    @property
    def habits(self) -> Habits:
        """When the user wants to be told."""
        from monitor.rules.telling import Habits

        start, _, end = self.quiet_hours.partition("-")
        return Habits(
            quiet=(time.fromisoformat(start), time.fromisoformat(end)) if end else None,
            digest=time.fromisoformat(self.digest) if self.digest else None,
            escalate_after=timedelta(hours=self.escalate_hours),
        )


class Browser(Section, frozen=True, kw_only=True):
    channel: str = ""
    executable: str = ""
    profile_dir: str = ""


class Marketplace(Section, frozen=True, kw_only=True):
    base_url: WebAddress = "https://www.aliexpress.com"
    language: Language = "en"
    sync_hours: Annotated[float, _polite_hours] = 0


class Marketplaces(Section, frozen=True, kw_only=True):
    aliexpress: Marketplace = Marketplace()


class MailSection(Section, frozen=True, kw_only=True):
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 993
    user: str = ""
    folder: str = "INBOX"
    every_minutes: Annotated[int, Meta(ge=0, le=1440)] = 15


class LogSection(Section, frozen=True, kw_only=True):
    format: Literal["plain", "json"] = "plain"
    level: Literal["debug", "info", "warning"] = "info"
    keep: Annotated[int, Meta(ge=1, le=100)] = 5
    whole_numbers: bool = False


class MqttSection(Section, frozen=True, kw_only=True):
    host: Annotated[str, _host] = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    tls: bool = False
    user: str = ""
    prefix: Annotated[str, _topic] = "homeassistant"


class WebSection(Section, frozen=True, kw_only=True):
    enabled: bool = True
    host: Annotated[str, _own_address] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8437
    token: Annotated[str, _long_token] = ""

    def __post_init__(self) -> None:
        if not ip_address(self.host).is_loopback and not self.token:
            why = f"it is seen by other machines: set web.token to a word of {LEAST_TOKEN} signs or more"
            raise Refused(("host",), self.host, why)


class CarrierSection(Section, frozen=True, kw_only=True):
    enabled: bool = True
    base_url: WebAddress = ""
    key: str = ""


class Sections(Section, frozen=True, kw_only=True):
    """What config.toml may say. The defaults alone make a working program."""

    general: General = General()
    store: StoreSection = StoreSection()
    polling: Polling = Polling()
    thresholds: Thresholds = Thresholds()
    warnings: Warnings = Warnings()
    notify: NotifySection = NotifySection()
    browser: Browser = Browser()
    marketplace: Marketplaces = Marketplaces()
    mail: MailSection = MailSection()
    log: LogSection = LogSection()
    mqtt: MqttSection = MqttSection()
    web: WebSection = WebSection()
    carriers: dict[str, CarrierSection] = field(default_factory=dict)


class Config(Sections, frozen=True, kw_only=True):
    """Everything that can be set: config.toml, and the user's own shops and payers in marketplaces beside it."""

    profiles: Profiles = field(default_factory=shipped)

    @property
    def sections(self) -> Sections:
        """What config.toml says, or would."""
        return Sections(**{name: getattr(self, name) for name in keys_of(Sections)})

    def with_keys(self, keys: Mapping[str, str]) -> Config:
        """This config with carriers' keys that are not written in it."""
        keyed = {name: replace(self.carrier(name), key=key) for name, key in keys.items() if key}
        return replace(self, carriers={**self.carriers, **keyed})

    @property
    def zone(self) -> tzinfo:
        """The user's time zone: the one set, else the machine's. Raises ConfigError."""
        if self.general.timezone:
            return ZoneInfo(self.general.timezone)
        from tzlocal import get_localzone

        try:
            return get_localzone()
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # TZ may hold anything
            raise ConfigError(
                f"The machine's time zone{_said_by_tz()} is none that is known here: set timezone in [general] of"
                ' config.toml, e.g. timezone = "Europe/Berlin".'
            ) from error

    @property
    def policy(self) -> Policy:
        """The rules' numbers."""
        own: dict[Stage, Limit] = {
            stage: Limit(self.thresholds.stages[stage].late, self.thresholds.stages[stage].stalled)
            for stage in DEFAULT_LIMITS
            if stage in self.thresholds.stages
        }
        return Policy(
            limits={**DEFAULT_LIMITS, **own},
            untracked_days=self.thresholds.untracked_days,
            not_shipped_days=self.thresholds.not_shipped_days,
            ladder=self.warnings.ladder,
            profiles=self.profiles,
            home_city=tuple(city.strip() for city in self.general.home_city.split(",") if city.strip()),
        )

    @property
    def intervals(self) -> Intervals:
        from monitor.rules.schedule import Intervals

        polling = self.polling
        return Intervals(
            quiet=timedelta(hours=polling.quiet_interval),
            moving=timedelta(hours=polling.moving_interval),
            close=timedelta(hours=polling.close_interval),
        )

    def carrier(self, carrier_id: str) -> CarrierSection:
        return self.carriers.get(carrier_id, CarrierSection())


def default_config_path() -> Path:
    return Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"


def default_data_dir() -> Path:
    return Path(platformdirs.user_data_dir(APPLICATION))


def load(path: Path | None) -> Config:
    """The config at a path; without a path the default one if it exists, else the defaults.

    Raises ConfigError, also for a path that was given and is not there.
    """
    where = path or default_config_path()
    if path is None and not where.exists():
        return Config(profiles=_profiles_beside(where))
    return whole(text_of(where), where)


def text_of(path: Path, encoding: str = "utf-8-sig") -> str:
    """What stands in a config file, before which some editors of Windows put a mark. Raises ConfigError."""
    try:
        return path.read_text(encoding)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({os.strerror(error.errno or 0)}).") from error


def whole(text: str, where: Path) -> Config:
    """The config a text would be at that place, with the user's own shops and payers. Raises ConfigError."""
    return replace(parse(text, where), profiles=_profiles_beside(where))


def parse(text: str, where: Path) -> Config:
    """The config a text would be at that place, without shops and payers of the user's own. Raises ConfigError."""
    try:
        config = from_table(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}.") from error
    except NoSuchKey as error:
        raise ConfigError(_unknown(where, text, error.path, error.known)) from error
    except KeyMissing as error:
        *table, key = error.path
        said = f"{where} line {line_of(text, error.path)}: {'.'.join(table)} needs {key}, too."
        raise ConfigError(said) from error
    except Refused as error:
        raise ConfigError(_refused(where, text, error)) from error
    _check_names(config, where, text)
    return config


def from_table(table: Mapping[str, object]) -> Config:
    """The config of a table as TOML would hold it. Raises NoSuchKey, KeyMissing or Refused."""
    sections = read(Sections, table)
    return Config(**{name: getattr(sections, name) for name in keys_of(Sections)})


def _profiles_beside(config: Path) -> Profiles:
    """The shops and payers that are known, with the user's own: a TOML file each, beside the config."""
    own: list[Profile] = []
    for path in sorted((config.parent / "marketplaces").glob("*.toml")):
        try:
            own.append(reading.read(text_of(path, "utf-8"), path.stem))
        except reading.BadProfile as error:
            raise ConfigError(f"{path}: {error}.") from error
    return shipped().with_own(own)


def _check_names(config: Config, where: Path, text: str) -> None:
    for name in config.carriers:
        if name not in carriers.ids():
            raise ConfigError(_unknown(where, text, ("carriers", name), carriers.ids()))
    for stage in config.thresholds.stages:
        if stage not in DEFAULT_LIMITS:
            raise ConfigError(_unknown(where, text, ("thresholds", "stages", stage), list(DEFAULT_LIMITS)))


def _refused(where: Path, text: str, error: Refused) -> str:
    key = ".".join(error.path)
    hidden = error.value is None or isinstance(error.value, Mapping) or _SECRET & set(error.path)
    value = "this value" if hidden else repr(error.value)
    return f"{where} line {line_of(text, error.path)}: {key} = {value} cannot be used: {error.why}."


def _unknown(where: Path, text: str, path: tuple[str, ...], known: list[str]) -> str:
    line = line_of(text, path)
    if path in _NOT_HERE:
        return (
            f"{where} line {line}: a {path[-1]} does not belong in this file; take it out:"
            f" `parcelwarden secret {_NOT_HERE[path]}` asks for it and keeps it."
        )
    near = difflib.get_close_matches(path[-1], known, 1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}."
    return f"{where} line {line}: there is no setting {'.'.join(path)}; {hint}"


def _said_by_tz() -> str:
    """What the environment calls the zone, as part of a sentence."""
    written = os.environ.get("TZ", "")
    return f", TZ = {written[:40]!r}," if written else ""
