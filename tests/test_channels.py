"""Ways to reach the user beside the desktop: what arrives at real servers, and what is said when it does not."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hostile_server import Certificates

from monitor.adapters import apprise_push, letter, own_command, post
from monitor.adapters.apprise_push import AppriseChannel
from monitor.adapters.keychain import NTFY, SMTP, Keychain
from monitor.adapters.letter import EmailChannel, MailServer
from monitor.adapters.message import Message
from monitor.adapters.own_command import CommandChannel
from monitor.adapters.push import NtfyChannel, WebhookChannel
from monitor.channels import channels
from monitor.config import NotifySection
from monitor.config_reading import read

MESSAGE = Message("Protection: 3 days left", "Order ..0017: last safe day 2026-12-01.")
SECRET = "s3cret-topic"


class Web:
    """A server that keeps what it is sent and answers as told; `hangs` never answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.kind, self.hangs = 200, "application/json", threading.Event()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                web.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if web.hangs.is_set():
                    web.released.wait()
                    return
                self.send_response(web.status)
                self.send_header("Location", f"{web.url}/elsewhere")
                self.send_header("Content-Type", web.kind)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever)
    thread.start()
    yield web
    web.released.set()
    web.server.shutdown()
    web.server.server_close()
    thread.join()


def test_ntfy_gets_title_text_and_token(web: Web) -> None:
    sent = NtfyChannel(f"{web.url}/{SECRET}", "tk_1").send(MESSAGE)
    assert sent.ok
    ((path, headers, body),) = web.got
    assert (path, body.decode()) == (f"/{SECRET}", MESSAGE.body)
    assert headers["title"] == MESSAGE.title
    assert headers["authorization"] == "Bearer tk_1"


def test_a_title_can_smuggle_no_header(web: Web) -> None:
    assert NtfyChannel(f"{web.url}/t").send(Message("a\r\nPriority: min\r\n\r\nx", "b")).ok
    ((_, headers, body),) = web.got
    assert (headers["title"], headers["priority"], body) == ("a Priority: min x", "high", b"b")


def test_the_webhook_gets_json(web: Web) -> None:
    assert WebhookChannel(f"{web.url}/hook").send(MESSAGE).ok
    assert json.loads(web.got[0][2]) == {"title": MESSAGE.title, "body": MESSAGE.body}


def test_user_and_password_in_an_address_open_it_and_are_not_told(web: Web) -> None:
    address = web.url.replace("//", f"//me:{SECRET}%40@")
    assert WebhookChannel(f"{address}/hook").send(MESSAGE).ok
    assert web.got[0][1]["authorization"] == f"Basic {base64.b64encode(f'me:{SECRET}@'.encode()).decode()}"
    web.status = 401
    assert SECRET not in WebhookChannel(f"{address}/hook").send(MESSAGE).detail


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 429, 500])
def test_a_refusal_is_no_success_and_nothing_is_followed(web: Web, status: int) -> None:
    web.status = status
    for channel in (NtfyChannel(f"{web.url}/{SECRET}"), WebhookChannel(f"{web.url}/{SECRET}")):
        sent = channel.send(MESSAGE)
        assert not sent.ok
        assert str(status) in sent.detail
        assert SECRET not in sent.detail
    assert len(web.got) == 2


def test_a_web_page_is_no_answer_of_ntfy_and_may_be_one_of_a_webhook(web: Web) -> None:
    web.kind = "text/html; charset=utf-8"  # a login in front of it, the network of a hotel
    ntfy = NtfyChannel(f"{web.url}/{SECRET}")
    for sent in (ntfy.send(MESSAGE), ntfy.send_at("pw-1", MESSAGE, datetime(2026, 12, 1, tzinfo=UTC))):
        assert not sent.ok
        assert "web page" in sent.detail
        assert SECRET not in sent.detail
    assert WebhookChannel(f"{web.url}/{SECRET}").send(MESSAGE).ok


def test_a_server_that_hangs_holds_nobody_up(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.hangs.set()
    answer = post.post(f"{web.url}/{SECRET}", b"", {}, seconds=0.2)
    assert not answer.ok
    assert "did not answer within" in answer.detail


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://[bad", "ftp://x/y", "http://nowhere.invalid/z"]
)
def test_nobody_there_is_one_sentence_without_the_address(url: str) -> None:
    sent = WebhookChannel(f"{url}{SECRET}").send(MESSAGE)
    assert not sent.ok
    assert SECRET not in sent.detail


class MailTaker:
    """A mail server of a few words, over TLS from the start or by STARTTLS; keeps what it is handed."""

    def __init__(self, context: ssl.SSLContext, *, starttls: bool, takes: bool = True) -> None:
        self.mails: list[str] = []
        self.logins = 0
        taker = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.encrypted = not starttls
                if not starttls:
                    self.wrap()
                self.say("220 ready")
                while line := self.rfile.readline().decode().strip():
                    if not self.answer(line.upper()):
                        return

            def finish(self) -> None:
                with suppress(OSError):
                    super().finish()
                self.connection.close()

            def wrap(self) -> None:
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile: Any = self.connection.makefile("wb", buffering=0)
                self.encrypted = True

            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def answer(self, line: str) -> bool:
                if line.startswith("EHLO"):
                    self.say("250-here")
                    self.say("250 AUTH PLAIN" if self.encrypted else "250 STARTTLS")
                elif line == "STARTTLS":
                    self.say("220 go on")
                    self.wrap()
                elif line.startswith("AUTH"):
                    assert self.encrypted, "a password in clear"
                    taker.logins += 1
                    self.say("235 fine" if takes else "535 no")
                elif line == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (row := self.rfile.readline().decode()) != ".\r\n":
                        lines.append(row)
                    taker.mails.append("".join(lines))
                    self.say("250 taken")
                elif line == "RCPT TO:<GONE@EXAMPLE.ORG>":
                    self.say("550 nobody here")
                elif line == "QUIT":
                    self.say("221 bye")
                    return False
                else:
                    self.say("250 fine")
                return True

        class Server(socketserver.ThreadingTCPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that breaks off is part of the test."""

        self.server = Server(("127.0.0.1", 0), Session)
        self.port = int(self.server.server_address[1])


@contextmanager
def taking(taker: MailTaker) -> Iterator[MailTaker]:
    thread = threading.Thread(target=taker.server.serve_forever)
    thread.start()
    try:
        yield taker
    finally:
        taker.server.shutdown()
        taker.server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Certificates(tmp_path_factory.mktemp("ca"))


def mail_channel(taker: MailTaker, security: Any, context: ssl.SSLContext | None) -> EmailChannel:
    server = MailServer("localhost", taker.port, security, "me", "pass-word")
    return EmailChannel(server, "me@example.org", "me@example.org", context)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_goes_over_tls_only(certificates: Certificates, security: str) -> None:
    trusting = ssl.create_default_context(cafile=certificates.authority)
    with taking(MailTaker(certificates.server("localhost"), starttls=security == "starttls")) as taker:
        sent = mail_channel(taker, security, trusting).send(MESSAGE)
        assert sent.ok, sent
        assert "Subject: Protection: 3 days left" in taker.mails[0]
        assert MESSAGE.body in taker.mails[0]
        stranger = mail_channel(taker, security, None).send(MESSAGE)
        assert "no valid certificate" in stranger.detail
        assert (len(taker.mails), taker.logins) == (1, 1), "nothing is told to a server nobody vouches for"


@pytest.mark.parametrize(
    ("to", "ok", "said"),
    [
        ("me@example.org, gone@example.org", True, "not for 1 of its addresses"),
        ("gone@example.org", False, "did not take the mail"),
    ],
)
def test_whom_the_mail_server_refuses_is_said(
    certificates: Certificates, to: str, said: str, *, ok: bool
) -> None:
    trusting = ssl.create_default_context(cafile=certificates.authority)
    with taking(MailTaker(certificates.server("localhost"), starttls=False)) as taker:
        server = MailServer("localhost", taker.port, "tls", "me", "pass-word")
        sent = EmailChannel(server, "me@example.org", to, trusting).send(MESSAGE)
    assert (sent.ok, said in sent.detail) == (ok, True), sent
    assert len(taker.mails) == ok


def test_a_wrong_password_is_said_and_not_shown(certificates: Certificates) -> None:
    trusting = ssl.create_default_context(cafile=certificates.authority)
    with taking(MailTaker(certificates.server("localhost"), starttls=False, takes=False)) as taker:
        sent = mail_channel(taker, "tls", trusting).send(MESSAGE)
    assert not sent.ok
    assert "user and password" in sent.detail
    assert "pass-word" not in sent.detail


def test_a_mail_server_that_never_speaks_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter, "TOTAL_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer("127.0.0.1", silent.getsockname()[1], "starttls", "", "")
        sent = EmailChannel(server, "a@example.org", "a@example.org").send(MESSAGE)
    assert not sent.ok


@pytest.mark.parametrize("address", ["me@", "me@[127.0.0.1", '"'])
def test_what_is_no_mail_address_is_said(address: str) -> None:
    server = MailServer("127.0.0.1", 1, "tls", "", "")
    for sender, to in ((address, "me@home.example"), ("me@home.example", address)):
        sent = EmailChannel(server, sender, to).send(Message("T", "B"))
        assert (sent.ok, sent.detail) == (False, "notify.email: sender or to is no mail address.")


def test_your_command_gets_the_text_and_no_shell_reads_it(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    script = (
        "import json, os, sys; json.dump([sys.argv[1:], os.environ['PARCELWARDEN_TITLE'],"
        f" os.environ['PARCELWARDEN_BODY']], open({str(out)!r}, 'w'))"
    )
    hostile = Message("$(touch /tmp/x) `id`; \0", "a\nb")
    assert CommandChannel([sys.executable, "-c", script, "$HOME"]).send(hostile).ok
    assert json.loads(out.read_text()) == [["$HOME"], "$(touch /tmp/x) `id`;  ", "a\nb"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [([sys.executable, "-c", "raise SystemExit(3)"], "exit code 3"), (["/nowhere/tell"], "No such file")],
)
def test_a_command_that_fails_is_no_success(argv: list[str], said: str) -> None:
    sent = CommandChannel(argv).send(MESSAGE)
    assert not sent.ok
    assert said in sent.detail


def test_a_command_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_command, "TOTAL_SECONDS", 0.2)
    sent = CommandChannel([sys.executable, "-c", "import threading; threading.Event().wait()"]).send(MESSAGE)
    assert not sent.ok


@pytest.mark.skipif(os.name != "posix", reason="a shell's way")
def test_a_command_that_leaves_a_player_running_has_taken_it(tmp_path: Path) -> None:
    """A script that starts a sound in the background: its end counts, not that of the sound."""
    player = tmp_path / "player"
    sent = CommandChannel(["sh", "-c", f"sleep 60 & echo $! > {player}; exit 0"]).send(MESSAGE)
    os.kill(int(player.read_text()), signal.SIGKILL)
    assert sent.ok, sent


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestApprise:
    """Through the real apprise, where it is installed."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("apprise")

    def test_each_address_is_a_channel_and_gets_the_text(self, web: Web) -> None:
        channel = AppriseChannel(f"json://127.0.0.1:{web.server.server_port}/{SECRET}", 2)
        assert channel.send(MESSAGE).ok
        assert channel.name == "apprise-2"
        said = json.loads(web.got[0][2])
        assert (said["title"], said["message"]) == (MESSAGE.title, MESSAGE.body)

    @pytest.mark.parametrize(
        "url", ["json://127.0.0.1:9/s3cret-topic", "nonsense://s3cret-topic", "", "s3cret-topic"]
    )
    def test_whatever_is_not_a_success_is_none(self, url: str) -> None:
        sent = AppriseChannel(url, 1).send(MESSAGE)
        assert not sent.ok
        assert SECRET not in sent.detail

    def test_a_service_that_hangs_holds_nobody_up(self, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        web.hangs.set()
        monkeypatch.setattr(apprise_push, "TOTAL_SECONDS", 0.2)
        sent = AppriseChannel(f"json://127.0.0.1:{web.server.server_port}/", 1).send(MESSAGE)
        assert "did not take it within" in sent.detail


def test_without_apprise_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert "parcelwarden[push]" in AppriseChannel("json://x", 1).send(MESSAGE).detail


def test_the_config_names_the_channels_and_the_environment_their_secrets(web: Web, tmp_path: Path) -> None:
    section = read(NotifySection, {
        "desktop": False, "ntfy": f"{web.url}/t", "webhook": f"{web.url}/w", "command": ["true"], "apprise": ["json://a", "json://b"],
        "email": {"host": "mail.example.org", "to": "me@example.org"},
    })  # fmt: skip
    found = channels(section, Keychain(tmp_path, {NTFY.variable: "tk_2", SMTP.variable: "x"}))
    assert list(found) == ["ntfy", "webhook", "email", "command", "apprise-1", "apprise-2"]
    assert found["ntfy"].send(MESSAGE).ok
    assert web.got[0][1]["authorization"] == "Bearer tk_2"
    assert channels(NotifySection(desktop=False), Keychain(tmp_path, {})) == {}
