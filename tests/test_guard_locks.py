"""Each lock is taken away in turn, and what is left must hold: no lock stands alone.

GUARD_LOCKS=all tries a sixth of the trap pages without each lock, and more pages with one lock alone; otherwise one page
does that the lock is there for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from trap_pages import TRAPS, Desk, desk

from monitor.adapters import hands
from monitor.adapters.cut_proxy import CutProxy
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard, Routes
from monitor.adapters.hands import Hand
from scrapers.marketplaces.aliexpress import dispute

pytestmark = pytest.mark.browser

NAMED = {trap.name: trap for trap in TRAPS}
CARELESS = replace(dispute.WORDS, is_never=lambda _: False)  # dangerous labels mean nothing
Removal = Callable[[pytest.MonkeyPatch, Desk], None]


def no_looks(patch: pytest.MonkeyPatch, _: Desk) -> None:
    """The hand touches whatever it is shown."""
    for refusal in ("why_not_press", "why_not_choose", "why_not_mark", "why_not_unfold", "why_not_fill"):
        patch.setattr(hands, refusal, lambda *_: "")


def no_phases(patch: pytest.MonkeyPatch, _: Desk) -> None:
    """The hand does not ask whether the guard is in place."""
    patch.setattr(Hand, "_need", lambda *_: None)


def no_line(patch: pytest.MonkeyPatch, _: Desk) -> None:
    """The proxy carries everything at all times; it is neither cut nor asks anybody."""
    patch.setattr(CutProxy, "cut", CutProxy.open)
    patch.setattr(CutProxy, "load", CutProxy.open)
    patch.setattr(Guard, "holds", lambda *_: True)
    no_proof(patch, _)


def no_proof(patch: pytest.MonkeyPatch, _: Desk) -> None:
    """The cut is taken for granted."""
    patch.setattr(Guard, "_prove_cut", lambda *_: None)


def no_routes(patch: pytest.MonkeyPatch, guarded: Desk) -> None:
    """The browser's own interception is off."""
    guarded.context.unroute_all()


def no_forgetting(patch: pytest.MonkeyPatch, _: Desk) -> None:
    """Service workers of earlier sessions stay."""
    patch.setattr(Routes, "_forget_service_workers", lambda *_: None)


def no_silence(patch: pytest.MonkeyPatch, guarded: Desk) -> None:
    """Pages have every way of sending, in a browser that is never offline."""
    guarded.guard._silence.lift()
    patch.setattr(guarded.guard, "_silence", None)


LOCKS: dict[str, tuple[Removal, str]] = {
    "the hand's looks": (no_looks, "option_is_submit"),
    "the hand's phases": (no_phases, "blur_sends"),
    "the line": (no_line, "setter_sends"),
    "the proof": (no_proof, "leaving_sends"),
    "the routes": (no_routes, "list_change_submits"),
    "service workers forgotten": (no_forgetting, "opener_service_worker"),
    "the silence": (no_silence, "leaving_sends"),
}
MAIN: dict[str, Removal] = {
    "the hand": no_looks,
    "the line": no_line,
    "the routes": no_routes,
    "the silence": no_silence,
}
PRESSED = ("option_is_submit", "list_is_submit")  # pressed by a hand that does not look
# What pages do by themselves while the form is filled, where no look of the hand helps.
BY_THEMSELVES = ("input_sends", "beforeinput_sends", "blur_sends")


@pytest.fixture(scope="module")
def guarded(
    browser_executable: Path, display: Display, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    with desk(browser_executable, display, tmp_path_factory.mktemp("locks")) as ready:
        yield ready


@pytest.fixture(autouse=True)
def _whole_again(guarded: Desk) -> Iterator[None]:
    """Every test begins with all locks in place."""
    yield
    guarded.context.unroute_all()
    guarded.guard.watch(guarded.context)
    guarded.guard.silence(guarded.context)


@pytest.mark.parametrize("lock", LOCKS)
def test_without_one_lock_the_others_hold(guarded: Desk, lock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remove, page = LOCKS[lock]
    remove(monkeypatch, guarded)
    for trap in TRAPS[::6] if os.environ.get("GUARD_LOCKS") == "all" else (NAMED[page],):
        guarded.lay(trap)
        assert guarded.writes == [], trap.name


def test_without_the_labels_the_others_hold(guarded: Desk) -> None:
    guarded.lay(NAMED["option_says_submit"], CARELESS)
    assert guarded.writes == []


@pytest.mark.parametrize("alone", MAIN)
def test_each_alone_stops_a_press_and_but_for_the_hand_what_a_page_does_by_itself(
    guarded: Desk, alone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that two locks at least hold when any other is gone."""
    for lock, remove in MAIN.items():
        if lock != alone:
            remove(monkeypatch, guarded)
    most = None if os.environ.get("GUARD_LOCKS") == "all" else 1
    for page in (*PRESSED[:most], *(BY_THEMSELVES[:most] if alone != "the hand" else ())):
        guarded.lay(NAMED[page])
        assert guarded.writes == [], page


def test_with_all_of_them_gone_the_press_does_send(guarded: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for remove in MAIN.values():
        remove(monkeypatch, guarded)
    most = None if os.environ.get("GUARD_LOCKS") == "all" else 1
    for page in ("list_is_submit", *BY_THEMSELVES[:most]):
        guarded.lay(NAMED[page])
        assert guarded.writes != [], page
        guarded.shop.requests.clear()
