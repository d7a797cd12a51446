"""What shops, sellers and carriers write, on its way to the user: it is shown, and it does nothing anywhere."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desktop import NotificationDaemon
from watch import Watch

from monitor import __main__ as program
from monitor.adapters.store import Store
from monitor.harmless import harmless, harmless_json
from monitor.model import Leg
from scrapers.base import TrackingEvent, TrackingReport
from scrapers.orders import CaseRecord, OrderLine, OrderRecord, ShopParcel, ShownDate
from scrapers.status import classify

HOSTILE = (
    "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202egnihtyna\u2066 \u2028 \r \x00 $(touch /tmp/owned) `id` %s {0} ${HOME}"
    " <b onload=alert(1)>x</b><script>1</script> [red]red[/red] [/] [link=http://evil.example]x[/link] :smile:"
    ' --hint=int:x:1 "@\n$(id)\n@" \'; DROP TABLE orders; -- =HYPERLINK("http://evil.example")'
)
ORDER, NUMBER = "8190000000000017", "LP00700000000017"
READING = (
    ("status", "--all"), ("status", "--all", "--why"), ("show", ORDER), ("draft", ORDER, "--kind", "seller-message"),
    ("check", "--due"), ("check", ORDER), ("case", ORDER), ("dispute", ORDER, "--dry-run"), ("carriers",),
    ("explain", HOSTILE), ("identify", HOSTILE), ("add", HOSTILE, "--placed", HOSTILE, "--tracking", HOSTILE),
    ("edit", ORDER, "--placed", HOSTILE), ("show", HOSTILE), ("export", "--csv"), ("export", "--ics"),
)  # fmt: skip


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """An order in which everything others write is hostile; its warning is due, its parcel stalled."""
    script = "import json, os, sys; open(sys.argv[1], 'a').write(json.dumps(dict(os.environ, argv=sys.argv)) + chr(10))"
    command = json.dumps([sys.executable, "-c", script, str(tmp_path / "taken")])
    watch = Watch(
        tmp_path, f'[notify]\ncommand = {command}\n[carriers.cainiao]\nbase_url = "http://127.0.0.1:9"\n'
    )
    watch.data.mkdir()
    now = datetime.now(UTC)
    day = now.date()
    record = OrderRecord(
        ORDER, "page", title=HOSTILE, seller=HOSTILE, placed_on=day - timedelta(days=60),
        shipped_on=day - timedelta(days=58), order_state="shipped", lines=(OrderLine("1", HOSTILE),),
        dates=(ShownDate("protection_end", day + timedelta(days=2), "page", HOSTILE, HOSTILE),),
        parcels=(ShopParcel(NUMBER, carrier_name=HOSTILE),),
        cases=(CaseRecord("6200000000000017", "waiting_buyer", "1", day, HOSTILE),),
    )  # fmt: skip
    scan = TrackingEvent(now - timedelta(days=40), True, HOSTILE, HOSTILE, HOSTILE, classify(HOSTILE))
    with closing(Store(watch.store_path)) as store:
        store.save([record], now)
        (parcel,) = store.orders()[0].parcels
        store.link({parcel.id: [Leg("cainiao", NUMBER)]})
        store.record("cainiao", [TrackingReport(NUMBER, "ok", events=(scan,))], {}, now)
    return watch


@pytest.mark.desktop
def test_nothing_of_it_works_anywhere(
    watch: Watch,
    notification_daemon: NotificationDaemon,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = {}
    for words in READING:
        shown[words] = called(watch, words, monkeypatch, capsys)
        for sign in set("".join(shown[words])):
            assert not acts(sign, file=words[0] == "export"), (words, sign)
        assert "unexpected fault" not in shown[words][1], (words, shown[words])
    assert "[link=http://evil.example]" in shown["show", ORDER][0], "it is shown as it stands"
    assert ":smile:" in shown["show", ORDER][0]
    assert_untouched(notification_daemon.calls())
    taken = [json.loads(line) for line in (watch.folder / "taken").read_text().splitlines()]
    assert taken
    assert_untouched(
        [(said["PARCELWARDEN_TITLE"], said["PARCELWARDEN_BODY"], *said["argv"][2:]) for said in taken]
    )
    assert not Path("/tmp/owned").exists()


def test_json_says_it_all_and_holds_no_sign_that_acts(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = called(watch, ("show", ORDER, "--json"), monkeypatch, capsys)
    document = json.loads(out)
    assert HOSTILE in json.dumps(document, ensure_ascii=False).encode().decode() or HOSTILE in strings(
        document
    )
    assert harmless(out) == out


def test_json_is_the_same_data_with_such_signs_escaped() -> None:
    words = ["\u202e\x9b\x7f", {"\u2066": "\n\t"}]
    written = harmless_json(json.dumps(words, ensure_ascii=False, indent=2))
    assert json.loads(written) == words
    assert harmless(written) == written


def called(
    watch: Watch, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str]:
    monkeypatch.setattr(sys, "argv", watch.command(*words)[2:])
    capsys.readouterr()
    before = os.umask(0o077)
    try:
        with pytest.raises(SystemExit):
            program.main()
    finally:
        os.umask(before)
    said = capsys.readouterr()
    return said.out, said.err


def acts(sign: str, *, file: bool) -> bool:
    """Whether a sign is an order to the terminal; in a file the marks of direction are part of a text."""
    kind = unicodedata.category(sign)
    return (kind == "Cc" and sign not in "\n\t\r"[: 3 if file else 2]) or (
        kind in ("Cf", "Zl", "Zp") and not file
    )


def strings(document: object) -> set[str]:
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return set().union(*map(strings, document))
    return {document} if isinstance(document, str) else set()


def assert_untouched(notices: list[tuple[str, ...]]) -> None:
    """Notices are our own wording, dates and numbers: nothing others wrote is in them."""
    assert notices
    for part in (part for notice in notices for part in notice):
        for words in (
            "evil",
            "owned",
            "touch",
            "DROP",
            "script",
            "$",
            "`",
            "<",
            "\x1b",
            "\u202e",
            "gnihtyna",
        ):
            assert words not in part, part
