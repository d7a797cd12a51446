"""Warnings by e-mail, over TLS only, through a mail server of the user's."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

from monitor.adapters.deadline import NetworkTime
from monitor.adapters.message import Message, Sent

TOTAL_SECONDS = 30.0
_SOCKET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in: `tls` from the first byte (port 465), or after STARTTLS (port 587)."""

    host: str
    port: int
    security: Literal["tls", "starttls"]
    user: str
    password: str


class EmailChannel:
    """Mail from one address to another; the certificate of the server must be valid."""

    name = "email"

    def __init__(
        self, server: MailServer, sender: str, to: str, context: ssl.SSLContext | None = None
    ) -> None:
        self._server, self._sender, self._to = server, sender, to
        self.host = server.host
        self._context = context or ssl.create_default_context()

    def send(self, notice: Message) -> Sent:
        """Hands the mail in within 30 seconds."""
        host = self._server.host
        try:
            mail = self._mail(notice)
        except Exception:  # noqa: BLE001 - the library breaks in its own ways on what is no address, as "me@"
            return Sent(ok=False, detail="notify.email: sender or to is no mail address.")
        try:
            refused = NetworkTime(TOTAL_SECONDS).run(lambda: self._hand_in(mail), TimeoutError())
        except TimeoutError:
            return Sent(ok=False, detail=f"{host} did not take the mail within {TOTAL_SECONDS:g} seconds.")
        except smtplib.SMTPAuthenticationError:
            return Sent(ok=False, detail=f"{host} does not take this user and password.")
        except ssl.SSLCertVerificationError:
            return Sent(ok=False, detail=f"{host} has no valid certificate.")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return Sent(ok=False, detail=f"{host} did not take the mail ({type(error).__name__}).")
        if refused:  # the others have it: to hand it in again would bring it to them every hour
            return Sent(ok=True, detail=f"{host} took the mail, but not for {refused} of its addresses.")
        return Sent(ok=True, detail=f"{host} took the mail.")

    def _mail(self, notice: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, self._to, " ".join(notice.title.split())
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="parcelwarden.invalid")
        mail.set_content(notice.body)
        return mail

    def _hand_in(self, mail: EmailMessage) -> int:
        """To how many of the addresses it was refused; raises where to all."""
        server = self._server
        if server.security == "tls":
            with smtplib.SMTP_SSL(
                server.host, server.port, timeout=_SOCKET_SECONDS, context=self._context
            ) as session:
                return self._log_in_and_send(session, mail)
        with smtplib.SMTP(server.host, server.port, timeout=_SOCKET_SECONDS) as session:
            session.starttls(context=self._context)
            return self._log_in_and_send(session, mail)

    def _log_in_and_send(self, session: smtplib.SMTP, mail: EmailMessage) -> int:
        if self._server.user:
            session.login(self._server.user, self._server.password)
        return len(session.send_message(mail))
