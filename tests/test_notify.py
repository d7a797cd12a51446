"""Notices on the desktop: what arrives, what is claimed, and what can never get through."""

import os
import platform
import queue
import signal
import threading
from pathlib import Path

import pytest
from desktop import NotificationDaemon
from hypothesis import given
from hypothesis import strategies as st
from notifypy.os_notifiers.windows import WindowsNotifier

from monitor.adapters import notify
from monitor.adapters import session_bus as session_bus_adapter
from monitor.adapters.message import Message
from monitor.adapters.notify import DesktopChannel, desktop_state, plain

HOSTILE = [
    "$(Start-Process calc)",
    "`n`$env:USERNAME",
    'end\n"@\nRemove-Item x\n$y = @"',
    "$env:PATH ${x} $x",
    "<a href='http://x.example'>click</a> <b>bold</b>",
    "--hint=string:sound-file:/x",
    "\u202e\u2066reversed\u2069",
    "nul\0byte",
    "＄（fullwidth）‘quotes’",
    "word " * 200_000,
]
linux_only = pytest.mark.skipif(os.name != "posix", reason="D-Bus is a matter of Linux desktops")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Order 8123: last safe day 2026-12-01", "Order 8123: last safe day 2026-12-01"),
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("- - --hint=x", "hint x"),
        ("<b>3 days</b>", "b 3 days /b"),
        ("$(whoami)", "whoami"),
        ("Заказ", ""),
        ("x" * 300, "x" * 120),
    ],
)
def test_plain_keeps_our_wording_and_turns_the_rest_into_blanks(text: str, expected: str) -> None:
    assert plain(text).strip() == expected


@given(st.text())
def test_plain_lets_only_harmless_characters_through(text: str) -> None:
    result = plain(text)
    assert set(result) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:/-")
    assert len(result) <= 120
    assert not result.startswith("-")
    assert plain(result) == result


@pytest.mark.desktop
@linux_only
class TestOnALinuxDesktop:
    def test_a_notice_arrives_with_its_exact_words(self, notification_daemon: NotificationDaemon) -> None:
        sent = DesktopChannel().send(
            Message("Order 8123: 3 days left", "Open the dispute by 2026-12-01 18:00.")
        )
        assert sent.ok
        assert notification_daemon.calls() == [
            ("parcelwarden", "Order 8123: 3 days left", "Open the dispute by 2026-12-01 18:00.")
        ]
        assert desktop_state().ok

    def test_without_a_daemon_the_notice_counts_as_not_sent(self, session_bus: Path) -> None:
        sent = DesktopChannel().send(Message("Order 8123", "3 days left"))
        assert not sent.ok
        assert "No notification daemon" in sent.detail
        assert "install" in sent.detail
        assert desktop_state().detail == sent.detail

    def test_a_daemon_that_goes_and_comes_back(self, notification_daemon: NotificationDaemon) -> None:
        channel = DesktopChannel()
        assert channel.send(Message("first", "one")).ok
        notification_daemon.stop()
        assert not channel.send(Message("second", "lost")).ok
        notification_daemon.start()
        assert channel.send(Message("third", "two")).ok
        assert [title for _, title, _ in notification_daemon.calls()] == ["first", "third"]

    def test_a_daemon_the_bus_starts_on_demand_is_good_enough(
        self, notification_daemon: NotificationDaemon
    ) -> None:
        notification_daemon.stop()
        notification_daemon.install_for_activation()
        assert desktop_state().ok
        assert DesktopChannel().send(Message("woken", "by the notice")).ok
        assert notification_daemon.calls() == [("parcelwarden", "woken", "by the notice")]

    def test_a_refusal_of_the_daemon_is_not_a_success(self, notification_daemon: NotificationDaemon) -> None:
        notification_daemon.stop()
        notification_daemon.start(refuse=True)
        sent = DesktopChannel().send(Message("Order 8123", "3 days left"))
        assert not sent.ok
        assert "did not take the notice" in sent.detail
        assert "too many" not in sent.detail, "words of the other side stay out"

    def test_a_hung_daemon_holds_nobody_up(
        self, notification_daemon: NotificationDaemon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session_bus_adapter, "_NOTIFY_SECONDS", 0.2)
        os.kill(notification_daemon.pid, signal.SIGSTOP)
        sent = DesktopChannel().send(Message("Order 8123", "3 days left"))
        os.kill(notification_daemon.pid, signal.SIGCONT)
        assert not sent.ok
        assert "no reply in time" in sent.detail

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_arrive_harmless(self, notification_daemon: NotificationDaemon, text: str) -> None:
        assert DesktopChannel().send(Message(text, text)).ok
        ((_, title, body),) = notification_daemon.calls()
        assert (title, body) == (plain(text), plain(text))
        assert not set("<>&$`\"'@\n") & set(title + body)

    def test_a_title_of_nothing_but_foreign_signs_still_says_who_speaks(
        self, notification_daemon: NotificationDaemon
    ) -> None:
        assert DesktopChannel().send(Message("包裹", "3 days left")).ok
        assert notification_daemon.calls() == [("parcelwarden", "parcelwarden", "3 days left")]

    def test_the_bus_is_found_in_its_usual_place(
        self, notification_daemon: NotificationDaemon, session_bus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(session_bus))
        assert DesktopChannel().send(Message("from cron", "3 days left")).ok
        assert len(notification_daemon.calls()) == 1


@linux_only
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "There is no session bus"),
        ("unix:path=/nowhere/bus", "does not answer"),
        ("tcp:host=127.0.0.1,port=1", "does not answer"),
        ("garbage", "does not answer"),
    ],
)
def test_without_a_session_bus_one_sentence_says_so(
    address: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    state = desktop_state()
    assert not state.ok
    assert sentence in state.detail
    assert not DesktopChannel().send(Message("title", "body")).ok


class TestOnWindows:
    """Up to the PowerShell script that notify-py writes; PowerShell itself is not there."""

    @pytest.fixture
    def scripts(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
        """The scripts notify-py would have run."""
        written: list[str] = []

        def send_notification(self: WindowsNotifier, **words: str) -> bool:
            written.append(
                self._generate_notification_xml(
                    application_id=words["application_name"],
                    notification_title=words["notification_title"],
                    notification_subtitle=words["notification_subtitle"],
                    notification_icon=words["notification_icon"],
                    notification_audio=words["notification_audio"],
                )
            )
            return True

        monkeypatch.setattr(WindowsNotifier, "send_notification", send_notification)
        monkeypatch.setattr(platform, "system", lambda: "Windows")
        monkeypatch.setattr(platform, "release", lambda: "11")
        _program(tmp_path / "powershell", "exit 1")
        monkeypatch.setenv("PATH", str(tmp_path))
        return written

    def test_the_page_is_named_where_its_address_is_harmless(self, scripts: list[str]) -> None:
        for address in ("http://127.0.0.1:8437/", "http://x/$(calc)/"):
            assert DesktopChannel(lambda address=address: address).send(Message("Order 8123", "Open it.")).ok
        assert "Open it. http://127.0.0.1:8437/" in scripts[0]
        assert "calc" not in scripts[1]

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_a_hostile_text_adds_nothing_to_the_script(self, scripts: list[str], text: str) -> None:
        channel = DesktopChannel()
        assert channel.send(Message("TITLE", "BODY")).ok
        assert channel.send(Message(text, text)).ok
        innocent, attacked = scripts
        # Apart from the two harmless texts the script is, character by character, the one of an innocent notice.
        assert attacked == innocent.replace("TITLE", plain(text)).replace("BODY", plain(text))
        assert not set('$`"@&<>()\n') & set(plain(text))

    def test_the_test_would_notice(self, scripts: list[str]) -> None:
        """Without `plain` the same road carries code: the reason for it is still there."""
        notify._hand_over("$(calc)", 'x\n"@\ny')
        assert "$(calc)" in scripts[0]
        assert scripts[0].count('\n"@') == 2

    def test_windows_without_toasts_says_so(
        self, scripts: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(platform, "release", lambda: "2019Server")
        sent = DesktopChannel().send(Message("title", "body"))
        assert not sent.ok
        assert "2019Server" in sent.detail
        assert scripts == []


@linux_only
class TestOnMacOS:
    """Up to the arguments of osascript, with a stand-in for it."""

    @pytest.fixture
    def osascript(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        monkeypatch.setattr(platform, "system", lambda: "Darwin")
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return tmp_path / "osascript"

    def test_texts_are_arguments_of_a_fixed_script(self, osascript: Path, tmp_path: Path) -> None:
        _program(osascript, f'printf "%s\\n" "$@" > {tmp_path}/argv')
        assert DesktopChannel().send(Message("-Order 8123", '" & do shell script "x" & "')).ok
        *script, title, body = (tmp_path / "argv").read_text().splitlines()
        assert title == "Order 8123"
        assert body == plain('" & do shell script "x" & "')
        assert [line for line in script if line != "-e"] == list(notify._OsascriptNotifier._SCRIPT)

    def test_a_failing_osascript_is_not_a_success(self, osascript: Path) -> None:
        _program(osascript, "exit 1")
        sent = DesktopChannel().send(Message("title", "body"))
        assert not sent.ok
        assert "osascript" in sent.detail

    def test_a_missing_osascript_is_said(self, osascript: Path) -> None:
        state = desktop_state()
        assert not state.ok
        assert "osascript was not found" in state.detail


def test_a_send_that_never_ends_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(notify, "desktop_state", lambda: notify.DesktopState(ok=True, detail=""))
    monkeypatch.setattr(notify, "SEND_SECONDS", 0.05)
    monkeypatch.setattr(notify, "_hand_over", lambda *_: released.wait())
    sent = DesktopChannel().send(Message("title", "body"))
    released.set()
    assert not sent.ok
    assert "did not take the notice within" in sent.detail


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.desktop
@linux_only
class TestClicks:
    """A click opens the order's page; the browser here is a function that notes the address."""

    PAGE = "http://127.0.0.1:8437/"

    def test_a_click_opens_the_orders_page(self, session_bus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: queue.Queue[str] = queue.Queue()
        monkeypatch.setattr(notify.webbrowser, "open", opened.put)
        daemon = NotificationDaemon(session_bus)
        daemon.start(clicks=True)
        served = [self.PAGE]
        channel = DesktopChannel(lambda: served[0])
        for order, address in (("81900/1?", f"{self.PAGE}orders/81900%2F1%3F"), ("", self.PAGE)):
            served[0] = ""  # the first warnings of a start go out before the page is there
            assert channel.send(Message("Order 8123: 3 days left", "Open the dispute.", order)).ok
            served[0] = self.PAGE
            daemon.click()
            assert opened.get(timeout=20) == address
        assert daemon.calls() == [("parcelwarden", "Order 8123: 3 days left", "Open the dispute.")] * 2
        daemon.stop()

    def test_where_nothing_can_be_clicked_the_page_is_named(
        self, notification_daemon: NotificationDaemon
    ) -> None:
        channel = DesktopChannel(lambda: self.PAGE)
        assert channel.send(Message("Order 8123", "Open the dispute.", "1")).ok
        assert channel.send(Message("Order 8123", "word " * 23, "1")).ok
        bodies = [body for _, _, body in notification_daemon.calls()]
        assert bodies == [f"Open the dispute. {self.PAGE}", plain("word " * 23)]

    def test_ever_more_notices_hold_no_ever_more_connections(
        self, session_bus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        daemon = NotificationDaemon(session_bus)
        daemon.start(clicks=True)
        for _ in range(12):
            assert DesktopChannel(lambda: self.PAGE).send(Message("Order 8123", "3 days left", "1")).ok
        listening = [thread for thread in threading.enumerate() if thread.name == "notice click"]
        daemon.stop()
        assert 1 <= len(listening) <= 9  # the oldest may be about to end
