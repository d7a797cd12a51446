"""`mail`: the shop's mails, read over IMAP once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.adapters.keychain import MAIL
from monitor.adapters.mailbox import Account, Mail, MailboxTrouble, new_mails
from monitor.adapters.store.reading import MailboxReading
from monitor.commands import DONE, FAILED, counted, out
from monitor.commands.secret import kept
from monitor.config import ConfigError
from monitor.importing import Hint, Problem, attach, known_only
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.marketplaces.aliexpress.mail import MailReading, read_mail
from scrapers.marketplaces.aliexpress.mime import MOST_BYTES
from scrapers.orders import OrderRecord

# Older mails are about orders whose every window is over.
_FIRST_LOOK = timedelta(days=180)
# Mails stored at once: a first look through a full mailbox may be broken off, and then goes on where it was.
_AT_ONCE = 100


def set_password(session: Session, password: str) -> int:
    """Keep the mailbox's password, in the system's keyring where there is one."""
    _account(session)
    return kept(session.keychain, MAIL, password)


def mail(session: Session, *, as_json: bool) -> int:
    """Take in what the shop wrote since the last time. Nothing in the mailbox is changed, no link is followed."""
    account = _account(session)
    password = session.keychain.get(MAIL)
    if not password:
        raise ConfigError(
            "There is no password for [mail]: `parcelwarden mail --set-password` asks for it, or set"
            f" {MAIL.variable}."
        )
    name = f"{account.user} at {account.host}: {account.folder}"
    now = session.clock()
    read = session.store.mailbox_reading(name)
    taken = _Taken(session, name)
    trouble = ""
    try:
        for one in new_mails(
            account,
            password,
            read=read,
            since=(now - _FIRST_LOOK).date(),
            most_bytes=MOST_BYTES + 1,  # so that one that is too large is seen to be
        ):
            taken.add(one)
    except MailboxTrouble as error:  # what came before is kept, the rest comes next time
        trouble = str(error)
    taken.store()
    _tell(taken, as_json=as_json)
    if trouble:
        say(trouble)
    return FAILED if trouble else DONE


@dataclass
class _Taken:
    """What was taken in so far, stored every so many mails together with how far the mailbox is read."""

    session: Session
    mailbox: str
    kinds: Counter[str] = field(default_factory=Counter)
    changed: dict[str, list[str]] = field(default_factory=dict)
    news: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _waiting: list[MailReading] = field(default_factory=list)
    _read: MailboxReading | None = None

    def add(self, one: Mail) -> None:
        reading = read_mail(one.raw)
        self.kinds[reading.kind] += 1
        self._waiting.append(reading)
        self._read = one.reading
        if len(self._waiting) >= _AT_ONCE:
            self.store()

    def store(self) -> None:
        store = self.session.store
        records, problems = _weighed(self._waiting, store.known_orders())
        for order_id, what in store.save(records, self.session.clock()).items():
            self.changed.setdefault(order_id, []).extend(what)
        self.news += [{"order_id": record.order_id, "news": record.news} for record in records if record.news]
        self.problems += problems
        self._waiting.clear()
        if self._read:
            store.set_mailbox_reading(self.mailbox, self._read)


def _account(session: Session) -> Account:
    settings = session.config.mail
    if not settings.host or not settings.user:
        raise ConfigError(
            "There is no mailbox in the config: set host and user in [mail], e.g. imap.example.com and your address."
        )
    return Account(settings.host, settings.port, settings.user, settings.folder)


def _weighed(
    readings: Sequence[MailReading], known: Sequence[OrderRecord]
) -> tuple[tuple[OrderRecord, ...], tuple[Problem, ...]]:
    """The records; of a mail that may be forged only the news about orders there are, for it must not make one."""
    sure = [record for one in readings if one.kind != "doubtful" for record in one.records]
    hints = [Hint("one mail", record) for one in readings if one.kind == "doubtful" for record in one.records]
    attached, lost = attach(sure, known)
    shown, strange = known_only(hints, {order.order_id for order in (*known, *attached)})
    return (*attached, *shown), (*lost, *strange)


def _tell(taken: _Taken, *, as_json: bool) -> None:
    mails = taken.kinds.total()
    added = [order for order, what in taken.changed.items() if "added" in what]
    updated = {order: what for order, what in taken.changed.items() if what and "added" not in what}
    if as_json:
        out({
            "mails": mails, "kinds": dict(taken.kinds), "added": added, "changed": updated, "news": taken.news,
            "problems": [{"where": problem.where, "reason": problem.reason} for problem in taken.problems],
        })  # fmt: skip
        return
    console = Console(soft_wrap=True)
    console.print(
        f"{counted(mails, 'new mail')} of the shop: {counted(len(added), 'order')} added, {len(updated)} changed.",
        highlight=False,
    )
    for one in taken.news:
        console.print(f"{one['order_id']}: {one['news']}", highlight=False, markup=False)
    for problem in taken.problems:
        say(str(problem))
