"""How far the shop's order list and the mailbox were read, and what the user was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.adapters.store.connection import Connection


@dataclass(frozen=True, slots=True)
class ShopReading:
    """`list_whole`: the order list was once read to its end. `asked_for`: "login" while the user owes one, else ""."""

    list_whole: bool = False
    asked_for: str = ""


@dataclass(frozen=True, slots=True)
class MailboxReading:
    """The newest mail read. Its number counts only within the same `uidvalidity` (RFC 9051, 2.3.1.1)."""

    uidvalidity: int
    last_uid: int


def shop(db: Connection, marketplace: str) -> ShopReading:
    row = db.execute("SELECT * FROM shops WHERE marketplace = ?", (marketplace,)).fetchone()
    return ShopReading(bool(row["list_whole"]), row["asked_for"]) if row else ShopReading()


def put_shop(db: Connection, marketplace: str, reading: ShopReading) -> None:
    db.execute(
        "INSERT INTO shops (marketplace, list_whole, asked_for) VALUES (?, ?, ?) ON CONFLICT (marketplace) DO UPDATE"
        " SET list_whole = excluded.list_whole, asked_for = excluded.asked_for",
        (marketplace, int(reading.list_whole), reading.asked_for),
    )


def mailbox(db: Connection, name: str) -> MailboxReading | None:
    row = db.execute("SELECT * FROM mailboxes WHERE mailbox = ?", (name,)).fetchone()
    return MailboxReading(row["uidvalidity"], row["last_uid"]) if row else None


def put_mailbox(db: Connection, name: str, reading: MailboxReading) -> None:
    db.execute(
        "INSERT INTO mailboxes (mailbox, uidvalidity, last_uid) VALUES (?, ?, ?) ON CONFLICT (mailbox) DO UPDATE"
        " SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid",
        (name, reading.uidvalidity, reading.last_uid),
    )
