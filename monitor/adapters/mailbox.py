"""The user's mailbox over IMAP: only looked at, never marked, moved or answered.

The connection is encrypted and the server's certificate checked; plain text is spoken to this machine alone.
"""

from __future__ import annotations

import contextlib
import imaplib
import ipaddress
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from imap_tools import AND, U
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxUnencrypted

from monitor.adapters.store.reading import MailboxReading

_SECONDS = 30.0
# Every sender of the shop holds this word, a mail relay's address for it and most forgeries too.
_SENDER = "aliexpress"


class MailboxTrouble(Exception):
    """The mailbox cannot be read; the message is one sentence: what, and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """A folder of a mailbox. `host` is a name or an address."""

    host: str
    port: int
    user: str
    folder: str

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the server runs on this machine, so that nobody can listen in between."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the server keeps it, and how far the folder is read with it."""

    raw: bytes
    reading: MailboxReading


def new_mails(
    account: Account, password: str, *, read: MailboxReading | None, since: date, most_bytes: int
) -> Iterator[Mail]:
    """The mails of the shop, or in its name, that came after those read, oldest first; the first time those of
    `since` and later. Of each no more than `most_bytes`. Raises MailboxTrouble."""
    try:
        with contextlib.closing(_Connection(account, password)) as connection:
            yield from connection.new(read, since, most_bytes)
    except MailboxLoginError as error:
        raise MailboxTrouble(
            f"{account.host} refused user or password of [mail]: most mail services want an app password, made in their"
            " settings; Outlook.com takes none at all, there save the mails and `parcelwarden import` them."
        ) from error
    except MailboxFolderSelectError as error:
        raise MailboxTrouble(f"{account.host} has no folder “{account.folder}” ([mail] folder).") from error
    except ssl.SSLCertVerificationError as error:
        raise MailboxTrouble(
            f"{account.host} shows a certificate that is not to be trusted ({error.verify_message}): nothing was sent."
        ) from error
    except ssl.SSLError as error:
        raise MailboxTrouble(
            f"{account.host}:{account.port} does not speak encrypted IMAP there; [mail] port is usually 993."
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise MailboxTrouble(f"{account.host}:{account.port} cannot be reached ({why}).") from error
    except (ImapToolsError, imaplib.IMAP4.error, UnicodeError) as error:
        raise MailboxTrouble(f"{account.host} broke off or answered something unknown; try again.") from error


class _Connection:
    """One connection, logged in, with the folder opened for reading only."""

    def __init__(self, account: Account, password: str) -> None:
        self._box: BaseMailBox = (
            MailBoxUnencrypted(account.host, account.port, timeout=_SECONDS)
            if account.is_on_this_machine
            else MailBox(
                account.host, account.port, timeout=_SECONDS, ssl_context=ssl.create_default_context()
            )
        )
        plain = (account.user + password).isascii()
        try:
            (self._box.login if plain else self._box.login_utf8)(account.user, password, initial_folder=None)
            self._box.folder.set(account.folder, readonly=True)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with contextlib.suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            self._box.logout()
        with contextlib.suppress(OSError):  # a line that went dead is not closed by a logout
            self._box.client.shutdown()

    def new(self, read: MailboxReading | None, since: date, most_bytes: int) -> Iterator[Mail]:
        uidvalidity = self._uidvalidity()
        known = read.last_uid if read and read.uidvalidity == uidvalidity else 0
        wanted = (
            AND(uid=U(str(known + 1), "*"), from_=_SENDER) if known else AND(date_gte=since, from_=_SENDER)
        )
        # "n:*" holds the newest mail even where its number is below n.
        uids = sorted(uid for uid in map(int, self._box.uids(wanted, charset=None)) if uid > known)
        for uid in uids:
            raw = self._raw(uid, most_bytes)
            if raw is not None:  # deleted meanwhile
                yield Mail(raw, MailboxReading(uidvalidity, uid))

    def _uidvalidity(self) -> int:
        _, values = self._box.client.response("UIDVALIDITY")
        found = re.fullmatch(rb"\d{1,10}", values[0] or b"") if values else None
        return int(found.group()) if found else 0

    def _raw(self, uid: int, most_bytes: int) -> bytes | None:
        """PEEK leaves the mail unread for the user."""
        _, parts = self._box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{most_bytes}>)")
        return next((part[1] for part in parts if isinstance(part, tuple)), None)
