"""How far the shop's order list and the mailbox were read, and what the user was asked for."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


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


def shop(db: sqlite3.Connection, marketplace: str) -> ShopReading:
    row = db.execute("SELECT * FROM shops WHERE marketplace = ?", (marketplace,)).fetchone()
    return ShopReading(bool(row["list_whole"]), row["asked_for"]) if row else ShopReading()


def put_shop(db: sqlite3.Connection, marketplace: str, reading: ShopReading) -> None:
    db.execute(
        "INSERT OR REPLACE INTO shops (marketplace, list_whole, asked_for) VALUES (?, ?, ?)",
        (marketplace, int(reading.list_whole), reading.asked_for),
    )


def mailbox(db: sqlite3.Connection, name: str) -> MailboxReading | None:
    row = db.execute("SELECT * FROM mailboxes WHERE mailbox = ?", (name,)).fetchone()
    return MailboxReading(row["uidvalidity"], row["last_uid"]) if row else None


def put_mailbox(db: sqlite3.Connection, name: str, reading: MailboxReading) -> None:
    db.execute(
        "INSERT OR REPLACE INTO mailboxes (mailbox, uidvalidity, last_uid) VALUES (?, ?, ?)",
        (name, reading.uidvalidity, reading.last_uid),
    )
