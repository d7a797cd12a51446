"""Settings: config.toml as a form. Comments stay, and what the file could not say the form cannot either.

What starts a program, says where things lie or who may see this page is left to the file: whoever sees the page
must not gain the machine by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor import config as model
from monitor.adapters import private_file
from monitor.adapters.feed_key import FeedKey
from monitor.commands import feeds
from monitor.config_reading import KeyPath, Section, is_section, keys_of, plain
from monitor.config_text import commented_example, explanations, with_values
from monitor.rules.policy import DEFAULT_LIMITS
from monitor.web.frame import Frame

SECTIONS = {
    "general": "General", "warnings": "When to warn", "notify": "How to be told", "polling": "How often to ask",
    "thresholds": "How long is too long", "mail": "Your mailbox",
}  # fmt: skip
_STAGE = 4  # parts of the path of a stage's limit
_ONLY_IN_THE_FILE = frozenset({("notify", "command")})


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its path in the file, what it is now as text, and how it is asked for.

    `kind` is "text", "number", "switch" or "choice"; a list is text with commas.
    """

    path: KeyPath
    kind: str
    value: str
    explained: str
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return ".".join(self.path)


def routes(frame: Frame) -> list[Route]:
    pages = _Settings(frame)
    return [
        Route("/settings", pages.show),
        Route("/settings", pages.save, methods=["POST"]),
        Route("/settings/feeds", pages.make_feed_key, methods=["POST"]),
    ]


class _Settings:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def show(self, request: Request) -> Response:
        return self._page({}, saved="saved" in request.query_params)

    def save(self, request: Request) -> Response:
        """Write what differs; a wrong value is told in the file's own words and nothing is written."""
        form: Mapping[str, str] = request.scope["form"]
        session = self._frame.session
        path = session.config_path or model.default_config_path()
        listed = settings(session.config)
        differ = {s.path for s in listed if s.name in form and form[s.name].strip() != s.value}
        # A stage's two limits stand side by side in the file: one alone is not taken.
        whole = {
            s.path for s in listed if s.path[:3] in {path[:3] for path in differ} and len(s.path) == _STAGE
        }
        changes = {
            s.path: _typed(s, form.get(s.name, s.value), config_value(session.config, s.path))
            for s in listed
            if s.path in differ | whole
        }
        if changes:
            try:
                text = model.text_of(path) if path.exists() else commented_example()
                text = with_values(text, changes)
                model.whole(text, path)
                private_file.write(path, text.encode())
                session.reload_config(path)
            except (model.ConfigError, private_file.NotWritten) as error:
                return self._page(form, trouble=str(error))
        return RedirectResponse("/settings?saved", 303)

    def make_feed_key(self, _request: Request) -> Response:
        """Make the key of the addresses for other programs, once; one that is there stays."""
        kept = FeedKey(self._frame.session.data_dir)
        try:
            if not kept.read():
                kept.renew()
        except private_file.NotWritten as error:
            return self._page({}, trouble=str(error))
        return RedirectResponse("/settings#feeds", 303)

    def _page(self, form: Mapping[str, str], trouble: str = "", *, saved: bool = False) -> Response:
        session = self._frame.session
        sections = {name: [s for s in settings(session.config) if s.path[0] == name] for name in SECTIONS}
        where = session.config_path or model.default_config_path()
        key = FeedKey(session.data_dir).read()
        addresses = feeds.addresses(session, key) if key else {}
        programs = [(name, feeds.ADDRESSES[name][1], address) for name, address in addresses.items()]
        return self._frame.page(
            "settings.html", 400 if trouble else 200,
            sections=sections, words=SECTIONS, form=form, trouble=trouble, saved=saved, where=where,
            programs=programs,
        )  # fmt: skip


def settings(config: model.Config) -> list[Setting]:
    """Every key the page may change."""
    words = explanations()
    found = []
    for path, annotation in _keys(model.Sections, ()):
        if path[0] not in SECTIONS or path in _ONLY_IN_THE_FILE:
            continue
        kind, choices = _kind(annotation)
        found.append(Setting(path, kind, _shown(config_value(config, path)), words.get(path, ""), choices))
    return found


def config_value(config: model.Config, path: KeyPath) -> object:
    """What stands at a path; a stage's limit where nothing is set is that of the policy."""
    if path[:2] == ("thresholds", "stages"):
        return getattr(config.policy.limits[path[2]], path[3])  # type: ignore[index]  # a stage, by _keys
    value: object = config
    for part in path:
        value = getattr(value, part)
    return value


def _keys(section: type[Section], above: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for name, kind in keys_of(section).items():
        path = (*above, name)
        if path == ("thresholds", "stages"):
            for stage in DEFAULT_LIMITS:
                yield (*path, stage, "late"), int
                yield (*path, stage, "stalled"), int
        elif is_section(kind):
            yield from _keys(kind, path)
        else:
            yield path, plain(kind)


def _kind(annotation: Any) -> tuple[str, tuple[str, ...]]:
    if annotation is bool:
        return "switch", ()
    if annotation in (int, float):
        return "number", ()
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    return "text", ()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _typed(setting: Setting, given: str, before: object) -> object:
    """The text as the file would have it. What is no number stays text: the model then says what it must be."""
    given = given.strip()
    if setting.kind == "switch":
        return given == "on"
    if setting.kind == "number":
        return _number(given)
    if isinstance(before, tuple):
        parts = [part.strip() for part in given.split(",") if part.strip()]
        return [_number(part) for part in parts] if before and isinstance(before[0], int) else parts
    return given


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
