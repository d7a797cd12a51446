"""A mailbox on 127.0.0.1 that speaks as much IMAP4rev1 as a reader needs, and remembers every command."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Self

USER, PASSWORD = "buyer@example.org", "app-password"


@dataclass
class Mailbox:
    """One folder, INBOX. `mails` by UID; `commands` as they came, without their tags; `breaks_at` is a UID at which
    the line goes dead."""

    mails: dict[int, bytes] = field(default_factory=dict)
    uidvalidity: int = 7
    breaks_at: int = 0
    commands: list[str] = field(default_factory=list)

    def found(self, criteria: str) -> list[int]:
        start = re.search(r"UID (\d+):\*", criteria)
        sender = re.search(r'FROM "([^"]*)"', criteria)
        wanted = [uid for uid in self.mails if not start or uid >= int(start.group(1))]
        if start and not wanted and self.mails:
            wanted = [max(self.mails)]  # as the standard has it
        return [uid for uid in wanted if not sender or sender.group(1) in self._sender(uid)]

    def _sender(self, uid: int) -> str:
        return str(message_from_bytes(self.mails[uid])["From"]).casefold()


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        box = self.server.box
        self._send(b"* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            box.commands.append(re.sub(r"(LOGIN \S+) .*", r"\1", command))
            if not self._answer(tag, command, box):
                return

    def _answer(self, tag: str, command: str, box: Mailbox) -> bool:
        name = " ".join(command.upper().split()[:2])
        if name.startswith("CAPABILITY"):
            self._send(b"* CAPABILITY IMAP4rev1")
        elif name.startswith("LOGIN"):
            if command.split(" ", 1)[1] != f'"{USER}" "{PASSWORD}"':
                return self._send(f"{tag} NO [AUTHENTICATIONFAILED] refused".encode())
        elif name.startswith("EXAMINE"):
            if "INBOX" not in command:
                return self._send(f"{tag} NO no such folder".encode())
            self._send(f"* {len(box.mails)} EXISTS".encode())
            self._send(f"* OK [UIDVALIDITY {box.uidvalidity}] valid".encode())
        elif name == "UID SEARCH":
            self._send(f"* SEARCH {' '.join(map(str, box.found(command)))}".encode())
        elif name == "UID FETCH":
            uid = int(command.split()[2])
            if uid == box.breaks_at:
                return False
            raw = box.mails[uid]
            self._send(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}".encode(), raw + b")")
        elif name.startswith("LOGOUT"):
            self._send(b"* BYE")
            self._send(f"{tag} OK".encode())
            return False
        else:
            return self._send(f"{tag} BAD only reading here".encode())
        return self._send(f"{tag} OK done".encode())

    def _send(self, *lines: bytes) -> bool:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))
        return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, box: Mailbox, tls: ssl.SSLContext | None) -> None:
        self.box = box
        super().__init__(("127.0.0.1", 0), _Session)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault here."""


class ImapServer:
    """A running server over one mailbox; a context manager."""

    def __init__(self, box: Mailbox, tls: ssl.SSLContext | None = None) -> None:
        self.box = box
        self._server = _Server(box, tls)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
