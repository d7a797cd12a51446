"""`init`: the first-run questions. Answers that are there already are the defaults, so it can be repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from monitor import config as settings
from monitor.adapters import private_file
from monitor.commands import DONE, BadValue, machine, orders
from monitor.config_text import commented_example, with_text
from monitor.session import Session, say

Ask = Callable[[str, str], str]
Confirm = Callable[[str], bool]

# Table, key, question.
_QUESTIONS = (
    ("general", "timezone", "Your time zone, e.g. Europe/Berlin (empty: this machine's)"),
    ("general", "home_country", "The country your orders go to, two letters, e.g. DE (empty: as each order says)"),
    ("general", "postcode", "Your postcode, without which some carriers do not answer (empty: keep it to yourself)"),
    ("general", "language", "The language drafts are translated into, two letters"),
    ("notify", "ntfy", "Notices on your phone, e.g. https://ntfy.sh/a-long-secret-word (empty: on the desktop only)"),
)  # fmt: skip


def init(session: Session, *, yes: bool, ask: Ask, confirm: Confirm) -> int:
    """Write config.toml, send a test notice, bring in the shop's orders or a first one, or show the demo.

    Raises ConfigError and NotWritten.
    """
    path = session.config_path or settings.default_config_path()
    if path.exists() and (yes or not confirm(f"{path} is there already. Change it? Your comments stay.")):
        settings.load(path)
        say(f"{path} is kept as it is.")
    else:
        _write(path, (lambda _question, default: default) if yes else ask)
    ready = Session(path, session.data_dir, session.clock)
    say("A test notice:")
    machine.notify_test(ready, as_json=False)
    if not yes and (code := _orders_now(ready, ask, confirm)) is not None:
        return code
    say("Next: `parcelwarden add` or `import` brings orders in, `parcelwarden run` watches them;"
        " `parcelwarden demo` shows it all on made-up ones.")  # fmt: skip
    return DONE


def _orders_now(session: Session, ask: Ask, confirm: Confirm) -> int | None:
    """Orders from the shop, one by hand, or the demo: the exit code of what was chosen, None for none of them."""
    if confirm(
        "Log in to the shop now, in a browser window of the program's own, and read your orders there?"
    ):
        from monitor.commands import shopping

        code = shopping.login(session)
        return code if code != DONE else shopping.sync(session, wait=True, as_json=False)
    if _first_order(session, ask):
        say("Next: `parcelwarden check` asks its carriers now; `parcelwarden run` keeps watching.")
        return DONE
    if confirm("See the demo on made-up orders now?"):
        from monitor.demo import demo

        return demo(wait=True)
    return None


def _write(path: Path, ask: Ask) -> None:
    text = settings.text_of(path) if path.exists() else commented_example()
    settings.parse(text, path)
    for table, key, question in _QUESTIONS:
        text = _answered(text, path, table, key, question, ask)
    private_file.write(path, text.encode())
    say(f"Written: {path}")


def _answered(text: str, path: Path, table: str, key: str, question: str, ask: Ask) -> str:
    """The text with one more answer, asked for until it can be used."""
    before = str(getattr(getattr(settings.parse(text, path), table), key))
    while True:
        answer = ask(question, before).strip()
        if answer == before:
            return text
        changed = with_text(text, table, key, answer)
        try:
            settings.parse(changed, path)
        except settings.ConfigError as error:
            say(str(error))
        else:
            return changed


def _first_order(session: Session, ask: Ask) -> bool:
    """Whether an order was brought in."""
    while order := ask("A first order to watch, by the number the shop shows (empty: none now)", "").strip():
        tracking = ask("Its tracking numbers, separated by blanks (empty: none yet)", "").split()
        placed = ask("The day you placed it, e.g. 2026-11-03", "").strip()
        try:
            orders.add(session, order, tracking=tracking, placed=placed)
        except BadValue as error:
            say(str(error))
        else:
            return True
    return False
