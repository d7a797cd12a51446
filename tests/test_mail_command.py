"""`mail`: a real mailbox on this machine is read over IMAP, and only read."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from imap_server import PASSWORD, USER, ImapServer, Mailbox

from monitor.adapters import mailbox
from monitor.adapters.keychain import MAIL
from monitor.adapters.mailbox import Account, MailboxTrouble, new_mails
from monitor.commands import mailing
from monitor.config import ConfigError, load
from monitor.session import Session
from scrapers.orders import OrderRecord

MAILS = Path(__file__).parents[1] / "fixtures" / "mail"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHIPPED, FORGED = "6100200300400603", "6100200300400611"


def raw(name: str) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    monkeypatch.setenv("PARCELWARDEN_MAIL_PASSWORD", PASSWORD)
    private = (
        b"From: A friend <friend@example.org>\r\nSubject: Order 6100200300400699: lunch\r\n\r\nAt noon.\r\n"
    )
    with ImapServer(Mailbox({3: raw("shipped"), 4: private, 9: raw("delivered")})) as running:
        yield running


def session(place: Path, port: int, **changed: str) -> Session:
    settings = {"host": "127.0.0.1", "user": USER, "folder": "INBOX", **changed}
    lines = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    (place / "config.toml").write_text(f"[mail]\nport = {port}\n{lines}")
    return Session(place / "config.toml", place / "data", clock=lambda: NOW)


def read(running: Session, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert mailing.mail(running, as_json=True) == 0
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


def test_the_shops_mails_are_read_once_and_nothing_in_the_mailbox_changes(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = session(tmp_path, server.port)
    told = read(running, capsys)
    assert (told["mails"], told["added"]) == (2, [SHIPPED, "6100200300400609"])
    order = running.store.order("6100200300400609")
    assert order is not None
    assert order.news.startswith("The shop says the parcel was delivered")
    assert order.order_state == "shipped", "a mail never says that it is here"

    server.box.mails[12] = raw("closes_soon")
    told = read(running, capsys)
    assert (told["mails"], told["added"]) == (1, ["6100200300400606"])
    assert read(running, capsys)["mails"] == 0
    verbs = {" ".join(command.split()[:2]) for command in server.box.commands}
    assert verbs <= {
        "CAPABILITY",
        f'LOGIN "{USER}"',
        "EXAMINE INBOX",
        'EXAMINE "INBOX"',
        "UID SEARCH",
        "UID FETCH",
        "LOGOUT",
    }
    assert all("PEEK" in command for command in server.box.commands if command.startswith("UID FETCH"))
    assert not any("UID FETCH 4 " in command for command in server.box.commands), "others' mails stay unread"


def test_a_renumbered_mailbox_is_read_anew_without_doing_anything_twice(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = session(tmp_path, server.port)
    read(running, capsys)
    server.box.uidvalidity = 8
    server.box.mails = {1: raw("shipped"), 2: raw("delivered"), 5: raw("unknown_news")}
    told = read(running, capsys)
    assert (told["mails"], told["added"], told["changed"]) == (3, ["6100200300400610"], {})


@pytest.mark.parametrize(("name", "order_id"), [("forged", FORGED), ("failed_check", "6100200300400612")])
def test_a_forged_mail_is_news_about_a_known_order_and_nothing_else(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, order_id: str
) -> None:
    server.box.mails = {1: raw(name)}
    running = session(tmp_path, server.port)
    assert read(running, capsys)["added"] == [], "it makes no order"
    assert running.store.order(order_id) is None

    known = OrderRecord(order_id, "page", placed_on=date(2026, 10, 1), order_state="shipped")
    running.store.save([known], NOW)
    before = running.store.order(order_id)
    server.box.mails = {2: raw(name)}
    assert read(running, capsys)["changed"] == {order_id: ["news"]}
    after = running.store.order(order_id)
    assert before is not None
    assert after is not None
    assert after.news
    assert replace(after, news="") == before


def test_a_line_that_goes_dead_keeps_what_was_read(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.box.breaks_at = 9
    running = session(tmp_path, server.port)
    assert mailing.mail(running, as_json=True) == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["added"] == [SHIPPED]
    assert "try again" in printed.err
    server.box.breaks_at = 0
    assert read(running, capsys)["mails"] == 1


def test_a_first_look_that_is_broken_off_goes_on_where_it_was(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mailbox full of the shop's advertising may take longer than a reading may last."""
    server.box.mails = {1: raw("shipped"), **dict.fromkeys(range(2, 202), raw("delivered"))}
    running = session(tmp_path, server.port)
    moments = iter([NOW, NOW])

    def broken_off() -> datetime:
        if (moment := next(moments, None)) is None:
            raise KeyboardInterrupt
        return moment

    running.clock = broken_off
    with pytest.raises(KeyboardInterrupt):
        mailing.mail(running, as_json=True)
    running.clock = lambda: NOW
    assert running.store.order(SHIPPED) is not None
    assert read(running, capsys)["mails"] == 101


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"user": "somebody@example.org"}, "app password"),
        ({"folder": "Shopping"}, "no folder “Shopping”"),
    ],
)
def test_a_refusal_is_one_clear_sentence(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str], said: str
) -> None:
    assert mailing.mail(session(tmp_path, server.port, **changed), as_json=False) == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert PASSWORD not in printed
    assert len(printed.strip().splitlines()) == 1


def test_nobody_at_the_port_is_one_clear_sentence(
    server: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.__exit__()
    assert mailing.mail(session(tmp_path, server.port), as_json=False) == 1
    assert f"127.0.0.1:{server.port} cannot be reached" in capsys.readouterr().err
    server._thread.join()


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


def test_elsewhere_nothing_is_said_before_the_certificate_is_trusted(
    tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "is_on_this_machine", False)
    with ImapServer(Mailbox({1: raw("shipped")}), tls) as running:
        account = Account("127.0.0.1", running.port, USER, "INBOX")
        with pytest.raises(MailboxTrouble, match="certificate that is not to be trusted"):
            list(new_mails(account, PASSWORD, read=None, since=NOW.date(), most_bytes=1000))
        assert running.box.commands == []
        trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        monkeypatch.setattr(mailbox.ssl, "create_default_context", lambda: trusting)
        assert len(list(new_mails(account, PASSWORD, read=None, since=NOW.date(), most_bytes=9000))) == 1
    with ImapServer(Mailbox()) as plain:
        account = replace(account, port=plain.port)
        with pytest.raises(MailboxTrouble, match="does not speak encrypted IMAP"):
            list(new_mails(account, PASSWORD, read=None, since=NOW.date(), most_bytes=1000))


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("imap.example.org", False), ("10.0.0.1", False),
     ("localhost.example.org", False)],
)  # fmt: skip
def test_plain_text_is_for_this_machine_only(host: str, here: bool) -> None:
    assert Account(host, 143, USER, "INBOX").is_on_this_machine == here


def test_a_password_in_the_config_is_refused_with_the_right_place_for_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[mail]\nhost = "imap.example.org"\npassword = "hunter2"\n')
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert "line 3" in str(refused.value)
    assert "parcelwarden secret mail" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_without_a_mailbox_or_a_password_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set host and user"):
        mailing.mail(Session(None, tmp_path), as_json=False)
    with pytest.raises(ConfigError, match="PARCELWARDEN_MAIL_PASSWORD"):
        mailing.mail(session(tmp_path, 993), as_json=False)
    assert mailing.set_password(session(tmp_path, 993), "secret") == 0
    assert session(tmp_path, 993).keychain.get(MAIL) == "secret"
