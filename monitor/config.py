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
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from monitor.adapters.store.address import checked
from monitor.rules.policy import DEFAULT_LIMITS, Limit, Policy
from scrapers import carriers
from scrapers.base import Stage
from scrapers.marketplaces.profiles import Profile, Profiles, shipped
from scrapers.marketplaces.profiles.reading import BadProfile, read

if TYPE_CHECKING:
    from monitor.rules.schedule import Intervals
    from monitor.rules.telling import Habits

APPLICATION = "parcelwarden"
LEAST_TOKEN = 16
# Keys whose values open something: what is wrong with one is said without it.
_SECRET = frozenset({"token", "key", "ntfy", "webhook", "apprise", "ping", "url"})
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


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


def _polite_hours(hours: float) -> float:
    if hours != 0 and not 3 <= hours <= 168:
        raise ValueError("write 0 for never by itself, or 3 hours or more, at most 168: a shop is no carrier")
    return hours


Hours = Annotated[float, Field(gt=0, le=168)]
Days = Annotated[int, Field(ge=0, le=365)]
Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class General(_Section):
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    home_country: Country = ""
    home_city: str = ""
    postcode: str = ""


class StoreSection(_Section):
    url: Annotated[str, AfterValidator(checked)] = ""


class Polling(_Section):
    quiet_interval: Hours = 24
    moving_interval: Hours = 8
    close_interval: Hours = 3
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.2
    host_pause: Annotated[float, Field(ge=0, le=600)] = 5


class StageLimit(_Section):
    late: Days
    stalled: Days


class Thresholds(_Section):
    untracked_days: Days = 10
    not_shipped_days: Days = 7
    stages: dict[str, StageLimit] = Field(default_factory=dict)


class Warnings(_Section):
    ladder: Annotated[tuple[Days, ...], Field(strict=False), AfterValidator(_whole_ladder)] = (14, 7, 3, 1, 0)


class Email(_Section):
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 465
    security: Literal["tls", "starttls"] = "tls"
    user: str = ""
    sender: str = ""
    to: str = ""


class NotifySection(_Section):
    desktop: bool = True
    ntfy: WebAddress = ""
    webhook: WebAddress = ""
    command: Annotated[tuple[str, ...], Field(strict=False)] = ()
    apprise: Annotated[tuple[str, ...], Field(strict=False)] = ()
    quiet_hours: Annotated[str, AfterValidator(_hours_of_day)] = ""
    digest: Annotated[str, AfterValidator(_time_of_day)] = ""
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


class Browser(_Section):
    channel: str = ""
    executable: str = ""
    profile_dir: str = ""


class Marketplace(_Section):
    base_url: WebAddress = "https://www.aliexpress.com"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    sync_hours: Annotated[float, AfterValidator(_polite_hours)] = 0


class Marketplaces(_Section):
    aliexpress: Marketplace = Marketplace()


class MailSection(_Section):
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    user: str = ""
    folder: str = "INBOX"
    every_minutes: Annotated[int, Field(ge=0, le=1440)] = 15


class LogSection(_Section):
    format: Literal["plain", "json"] = "plain"
    level: Literal["debug", "info", "warning"] = "info"
    keep: Annotated[int, Field(ge=1, le=100)] = 5
    whole_numbers: bool = False


class MqttSection(_Section):
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    tls: bool = False
    user: str = ""
    prefix: Annotated[str, Field(pattern=r"^[^+#\s]+$")] = "homeassistant"


class WebSection(_Section):
    enabled: bool = True
    host: Annotated[str, AfterValidator(_own_address)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8437
    token: Annotated[str, AfterValidator(_long_token)] = ""

    @model_validator(mode="after")
    def _locked(self) -> WebSection:
        if not ip_address(self.host).is_loopback and not self.token:
            raise ValueError(
                f"{self.host} is seen by other machines: set web.token to a word of {LEAST_TOKEN} signs or more"
            )
        return self


class CarrierSection(_Section):
    enabled: bool = True
    base_url: WebAddress = ""
    key: str = ""


class Config(_Section):
    """Everything that can be set. The defaults alone make a working program.

    The user's own shops and payers stand beside config.toml, in the folder marketplaces.
    """

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
    carriers: dict[str, CarrierSection] = Field(default_factory=dict)
    _profiles: Profiles = PrivateAttr(default_factory=shipped)

    def with_own(self, profiles: list[Profile]) -> Config:
        """This config, with shops and payers of the user's own."""
        self._profiles = self._profiles.with_own(profiles)
        return self

    def with_keys(self, keys: Mapping[str, str]) -> Config:
        """This config with carriers' keys that are not written in it."""
        keyed = {
            name: self.carrier(name).model_copy(update={"key": key}) for name, key in keys.items() if key
        }
        return self.model_copy(update={"carriers": {**self.carriers, **keyed}})

    @property
    def zone(self) -> tzinfo:
        """The user's time zone: the one set, else the machine's."""
        if self.general.timezone:
            return ZoneInfo(self.general.timezone)
        from tzlocal import get_localzone

        return get_localzone()

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
            profiles=self._profiles,
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
        return Config().with_own(_own_profiles(where.parent / "marketplaces"))
    return whole(text_of(where), where)


def text_of(path: Path) -> str:
    """What stands in a config file. Raises ConfigError."""
    try:
        return path.read_text("utf-8-sig")  # some editors of Windows begin with a mark
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({os.strerror(error.errno or 0)}).") from error


def whole(text: str, where: Path) -> Config:
    """The config a text would be at that place, with the user's own shops and payers. Raises ConfigError."""
    own = _own_profiles(where.parent / "marketplaces")
    return parse(text, where).with_own(own)


def parse(text: str, where: Path) -> Config:
    """The config a text would be at that place, without shops and payers of the user's own. Raises ConfigError."""
    try:
        config = Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}.") from error
    except ValidationError as error:
        raise ConfigError(_sentence(error, where, text)) from error
    _check_names(config, where, text)
    return config


def _own_profiles(folder: Path) -> list[Profile]:
    """The user's shops and payers, a TOML file each; none where there is no such folder."""
    profiles = []
    for path in sorted(folder.glob("*.toml")):
        try:
            profiles.append(read(path.read_text("utf-8"), path.stem))
        except BadProfile as error:
            raise ConfigError(f"{path}: {error}.") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({os.strerror(error.errno or 0)}).") from error
    return profiles


def _check_names(config: Config, where: Path, text: str) -> None:
    for name in config.carriers:
        if name not in carriers.ids():
            raise ConfigError(_unknown(where, text, ("carriers", name), carriers.ids()))
    for stage in config.thresholds.stages:
        if stage not in DEFAULT_LIMITS:
            raise ConfigError(_unknown(where, text, ("thresholds", "stages", stage), list(DEFAULT_LIMITS)))


def _sentence(error: ValidationError, where: Path, text: str) -> str:
    # A misspelt key may be why another one is missing.
    first = min(error.errors(), key=lambda e: (e["type"] == "missing", e["type"] != "extra_forbidden"))
    path = tuple(str(part) for part in first["loc"])
    key, line, why = ".".join(path), _line(text, path), first["msg"].removeprefix("Value error, ")
    if path in _NOT_HERE:
        return (
            f"{where} line {line}: a {path[-1]} does not belong in this file; take it out:"
            f" `parcelwarden secret {_NOT_HERE[path]}` asks for it and keeps it."
        )
    if first["type"] == "extra_forbidden":
        return _unknown(where, text, path, _known_keys(path[:-1]))
    if first["type"] == "missing":
        return f"{where} line {line}: {'.'.join(path[:-1])} needs {path[-1]}, too."
    value = "this value" if _SECRET & set(path) else repr(first["input"])
    return f"{where} line {line}: {key} = {value} cannot be used: {why}."


def _unknown(where: Path, text: str, path: tuple[str, ...], known: list[str]) -> str:
    near = difflib.get_close_matches(path[-1], known, 1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}."
    return f"{where} line {_line(text, path)}: there is no setting {'.'.join(path)}; {hint}"


def _known_keys(path: tuple[str, ...]) -> list[str]:
    model: Any = Config
    for part in path:
        field = (
            model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        )
        annotation = field.annotation if field else None
        if get_origin(annotation) is dict:
            model = get_args(annotation)[1]
        elif annotation is not None:
            model = annotation
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _line(text: str, path: tuple[str, ...]) -> int:
    """The line on which a key stands, or that of the nearest table above it."""
    best, here, table = 1, 1, ""
    names = [".".join(path[:n]) for n in range(len(path), 0, -1)]
    found = len(names)
    for here, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = re.sub(r"[\s\"']", "", heading.group(1))
            full = table
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            full = ".".join(filter(None, (table, key.group(1).strip("\"'"))))
        else:
            continue
        if full in names and names.index(full) < found:
            best, found = here, names.index(full)
    return best
