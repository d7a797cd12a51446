"""How hosts are treated: pure rules as tables, and the file that several processes share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters import politeness
from monitor.adapters.fetch import Limits
from monitor.adapters.politeness import HOUR, TURN_LEASE, HostLedger, HostState, LedgerUnusable, retry_after

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOST = "carrier.example:443"
DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> HostLedger:
    return HostLedger(tmp_path / "politeness.sqlite3", clock=clock)


# Retry-After


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120),
        ("Tuesday, 24-Nov-26 12:02:00 GMT", 120),
        ("Tue Nov 24 12:02:00 2026", 120),
        ("315360000", 24 * 3600),
        ("9" * 5000, 24 * 3600),
        ("Mon, 24 Nov 2036 12:00:00 GMT", 24 * 3600),
        ("0", None),
        ("-120", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Tue, 24 Nov 2026 11:59:00 GMT", None),
        ("Tue, 99 Nov 2026 12:02:00 GMT", None),
    ],
)
def test_retry_after_in_both_forms(header: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOON + timedelta(seconds=seconds)
    assert retry_after(header, NOON) == expected


@given(st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} -?\d{1,6} \d\d:\d\d:\d\d .{0,6}\Z"))
def test_no_retry_after_reaches_further_than_a_day_or_raises(header: str) -> None:
    named = retry_after(header, NOON)
    assert named is None or NOON < named <= NOON + DAY


# Turns


def test_a_host_has_one_turn_and_the_next_is_a_gap_after_its_end(ledger: HostLedger, clock: Clock) -> None:
    assert [ledger.reserve(HOST, 5) for _ in range(3)] == [0, TURN_LEASE, TURN_LEASE]
    assert ledger.reserve("other.example:443", 5) == 0
    clock.now += timedelta(seconds=18)
    ledger.finished(HOST, 5)
    clock.now += timedelta(seconds=1)
    assert ledger.reserve(HOST, 5) == pytest.approx(4)
    clock.now += timedelta(seconds=4)
    assert ledger.reserve(HOST, 5) == 0


def test_a_turn_whose_process_was_killed_is_free_again_once_no_request_can_be_under_way(
    ledger: HostLedger, clock: Clock
) -> None:
    ledger.reserve(HOST, 5)
    clock.now += timedelta(seconds=Limits().total)
    assert ledger.reserve(HOST, 5) > 0
    clock.now += timedelta(seconds=TURN_LEASE - Limits().total)
    assert ledger.reserve(HOST, 5) == 0


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=1), timedelta(days=3650)])
def test_a_clock_set_back_blocks_for_no_longer_than_before(
    ledger: HostLedger, clock: Clock, back: timedelta
) -> None:
    ledger.reserve(HOST, 5)
    ledger.finished(HOST, 5)
    ledger.hold(HOST, NOON + timedelta(minutes=10))
    clock.now -= back
    assert _held_for(ledger, clock) == timedelta(minutes=10)
    assert ledger.reserve(HOST, 5) == pytest.approx(5)
    clock.now += timedelta(minutes=10)
    assert ledger.held_until(HOST) is None


def test_a_clock_that_was_years_ahead_for_a_while_leaves_no_trace(ledger: HostLedger, clock: Clock) -> None:
    clock.now += 3650 * DAY
    ledger.reserve(HOST, 5)
    ledger.bot_check(HOST)
    clock.now = NOON
    assert ledger.reserve(HOST, 5) <= TURN_LEASE
    assert _held_for(ledger, clock) <= timedelta(minutes=30)


@given(
    st.lists(
        st.tuples(st.sampled_from(["turn", "hold", "bot", "fault", "answer"]), st.integers(-(10**9), 10**9)),
        max_size=12,
    )
)
def test_whatever_the_clock_does_no_wait_is_longer_than_a_turn_nor_a_hold_than_a_day(
    steps: list[tuple[str, int]],
) -> None:
    now, state = NOON.timestamp(), HostState()
    rules: dict[str, Callable[[HostState, float], HostState]] = {
        "hold": lambda state, at: politeness.held(state, at + 10**9, "asked", at),
        "bot": politeness.after_bot_check,
        "fault": politeness.after_fault,
        "answer": lambda state, at: politeness.after_good_answer(state),
    }
    for what, drift in steps:
        now += drift
        if what == "turn":
            state, wait = politeness.decide(state, now, lambda state, at: politeness.with_turn(state, 5, at))
            assert wait <= TURN_LEASE + politeness.CLOCK_STEP
        else:
            changed = rules[what](politeness.as_of(state, now), now)
            state = politeness.decide(state, now, _always(changed))[0]
        assert state.held_until <= now + 24 * HOUR


def _always(state: HostState) -> politeness.Rule[None]:
    return lambda _, at: (state, None)


def test_threads_and_processes_never_share_a_turn(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "politeness.sqlite3"
    process = (
        "import json, sys; from datetime import datetime; from pathlib import Path\n"
        "from monitor.adapters.politeness import HostLedger\n"
        "now = datetime.fromisoformat(sys.argv[2])\n"
        "ledger = HostLedger(Path(sys.argv[1]), clock=lambda: now)\n"
        "print(json.dumps([ledger.reserve(sys.argv[3], 5) for _ in range(10)]))"
    )
    argv = [sys.executable, "-c", process, str(path), NOON.isoformat(), HOST]
    root = Path(__file__).parent.parent
    others = [subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=root) for _ in range(3)]
    shared = HostLedger(path, clock=clock)
    with ThreadPoolExecutor(5) as pool:
        waits = list(pool.map(lambda _: shared.reserve(HOST, 5), range(20)))
    for other in others:
        waits += json.loads(other.communicate()[0])
    assert sorted(waits) == [0.0] + 49 * [TURN_LEASE]


# Holds


def test_a_hold_binds_every_process_until_its_time(tmp_path: Path, clock: Clock) -> None:
    HostLedger(tmp_path / "p.sqlite3", clock=clock).hold(HOST, NOON + timedelta(seconds=120))
    other = HostLedger(tmp_path / "p.sqlite3", clock=clock)
    clock.now += timedelta(seconds=119)
    hold = other.admit(HOST).hold
    assert hold is not None
    assert hold.until == NOON + timedelta(seconds=120)
    assert hold.reason == "asked"
    assert other.admit("other.example:443").hold is None
    clock.now += timedelta(seconds=1)
    assert other.admit(HOST).hold is None


def test_a_shorter_hold_does_not_shorten_a_longer_one(ledger: HostLedger, clock: Clock) -> None:
    ledger.hold(HOST, NOON + timedelta(hours=2))
    ledger.hold(HOST, NOON + timedelta(minutes=1))
    ledger.good(HOST)
    assert _held_for(ledger, clock) == timedelta(hours=2)


def test_a_hold_of_years_is_a_day(ledger: HostLedger, clock: Clock) -> None:
    ledger.hold(HOST, NOON + 3650 * DAY)
    assert _held_for(ledger, clock) == DAY


def test_bot_checks_in_a_row_cool_down_longer_and_a_good_answer_ends_the_row(
    ledger: HostLedger, clock: Clock
) -> None:
    minutes = []
    for _ in range(6):
        ledger.bot_check(HOST)
        minutes.append(_held_for(ledger, clock) / timedelta(minutes=1))
        clock.now += _held_for(ledger, clock)
    assert minutes == [30, 60, 120, 240, 360, 360]
    ledger.good(HOST)
    ledger.bot_check(HOST)
    assert _held_for(ledger, clock) == timedelta(minutes=30)


def test_an_answer_that_was_not_read_does_not_end_a_row_of_bot_checks(
    ledger: HostLedger, clock: Clock
) -> None:
    ledger.bot_check(HOST)
    clock.now += timedelta(minutes=30)
    ledger.answered(HOST)
    ledger.bot_check(HOST)
    assert _held_for(ledger, clock) == timedelta(hours=1)


# The breaker


def test_four_faults_are_bad_luck_and_the_fifth_is_trouble(ledger: HostLedger, clock: Clock) -> None:
    for _ in range(4):
        ledger.failed(HOST)
    assert ledger.held_until(HOST) is None
    ledger.failed(HOST)
    assert _held_for(ledger, clock) == timedelta(minutes=1)


def test_an_answer_in_between_begins_the_count_anew(ledger: HostLedger) -> None:
    for _ in range(4):
        ledger.failed(HOST)
    ledger.answered(HOST)
    for _ in range(4):
        ledger.failed(HOST)
    assert ledger.held_until(HOST) is None


def test_a_host_dead_for_a_day_gets_few_probes_each_alone(ledger: HostLedger, clock: Clock) -> None:
    for _ in range(5):
        ledger.failed(HOST)
    probes = 0
    while clock.now < NOON + DAY:
        admission = ledger.admit(HOST)
        if admission.hold is None:
            assert admission.is_probe
            assert ledger.admit(HOST).hold is not None, "a second probe beside the first"
            probes += 1
            ledger.failed(HOST)
        assert ledger.admit("other.example:443").hold is None
        clock.now += timedelta(minutes=1)
    assert 8 <= probes <= 12


def test_a_probe_that_succeeds_frees_the_host(ledger: HostLedger, clock: Clock) -> None:
    for _ in range(5):
        ledger.failed(HOST)
    clock.now += timedelta(minutes=1)
    assert ledger.admit(HOST).is_probe
    ledger.answered(HOST)
    admission = ledger.admit(HOST)
    assert admission.hold is None
    assert not admission.is_probe


def test_a_probe_that_never_reports_is_followed_by_another(ledger: HostLedger, clock: Clock) -> None:
    for _ in range(5):
        ledger.failed(HOST)
    clock.now += timedelta(minutes=1)
    assert ledger.admit(HOST).is_probe
    clock.now += timedelta(seconds=politeness.PROBE_LEASE)
    assert ledger.admit(HOST).is_probe


# The file


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the user's folder by other means")
def test_only_the_user_can_read_the_file(ledger: HostLedger, tmp_path: Path) -> None:
    ledger.reserve(HOST, 5)
    assert (tmp_path / "politeness.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database, but it is long enough to be one" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:100] + bytes(4000)),
    ],
)
def test_a_damaged_file_is_set_aside_and_begun_anew(
    ledger: HostLedger, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    ledger.reserve(HOST, 5)
    spoil(tmp_path / "politeness.sqlite3")
    assert [ledger.reserve(HOST, 5), ledger.reserve(HOST, 5)] == [0, TURN_LEASE]
    assert (tmp_path / "politeness.sqlite3.damaged").exists()


def test_a_file_that_cannot_be_used_is_one_sentence_without_the_folder(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "politeness.sqlite3"
    path.mkdir()
    with pytest.raises(LedgerUnusable, match=r"politeness\.sqlite3.*nothing is asked") as refused:
        HostLedger(path, clock=clock).reserve(HOST, 5)
    assert str(tmp_path) not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_one_sentence_without_its_name(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerUnusable) as refused:
        HostLedger(tmp_path / "file" / "politeness.sqlite3", clock=clock).reserve(HOST, 5)
    assert str(tmp_path) not in str(refused.value)


def test_a_failure_in_the_middle_of_a_decision_leaves_the_state_as_it_was(
    ledger: HostLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.reserve(HOST, 5)
    with monkeypatch.context() as patch:
        patch.setattr(politeness, "_UPSERT", "INSERT OR REPLACE INTO nowhere VALUES (?, ?, ?, ?, ?, ?, ?)")
        with pytest.raises(LedgerUnusable):
            ledger.finished(HOST, 5)
    assert ledger.reserve(HOST, 5) == TURN_LEASE


def _held_for(ledger: HostLedger, clock: Clock) -> timedelta:
    hold = ledger.held_until(HOST)
    assert hold is not None
    return hold.until - clock.now
