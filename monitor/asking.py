"""Putting questions to carriers: politely, side by side, and with one report for every number asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.adapters.changed import ChangedAnswers
from monitor.config import Config
from monitor.rules import schedule
from scrapers import carriers
from scrapers.base import Access, Carrier, Outcome, Page, Request, TrackingReport

if TYPE_CHECKING:
    from monitor.adapters.fetch import Fetched, Fetcher

# Carriers asked at the same time.
_AT_ONCE = 4
# Seconds after which a wait for answers looks up whether it is to stop.
_LOOK_UP = 0.5

Say = Callable[[str], None]
Stopped = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question brought: one report for every number it asked about, and when it came.

    `seconds` holds by number how long the answer took on the network, for numbers somebody answered about.
    """

    carrier: str
    reports: list[TrackingReport]
    at: datetime
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks carriers for one run. `changed` keeps the bones of answers nobody could read.

    `heard` is called, from several threads, with a carrier and each answer of it as it came.
    """

    fetcher: Fetcher
    config: Config
    clock: Callable[[], datetime]
    changed: ChangedAnswers
    heard: Callable[[str, Page], None] = lambda _carrier, _page: None

    def ask(self, numbers: Mapping[str, Sequence[str]], say: Say, stopped: Stopped) -> Iterator[Answer]:
        """Ask each carrier about these numbers; yields each answer as soon as it is there.

        One question a carrier at a time, unless its host may have more, and carriers do not wait for each other.
        When `stopped` turns true, or the iterator is closed, nobody is asked any more and answers under way are not
        waited for.
        """
        batches = schedule.batches(numbers)
        waiting: dict[str, list[list[str]]] = {}
        for carrier, question in batches:
            waiting.setdefault(carrier, []).append(question)
        answers: SimpleQueue[Answer | Exception] = SimpleQueue()
        turns = threading.Semaphore(max([_AT_ONCE, *map(self._at_once, waiting)]))
        over = threading.Event()

        def work(carrier: str, questions: Sequence[list[str]]) -> None:
            for question in questions:
                with turns:
                    if over.is_set():
                        return
                    try:
                        answers.put(self.question(carrier, question))
                    except Exception as fault:  # noqa: BLE001 - raised again where the answers are read
                        answers.put(fault)

        for carrier, questions in waiting.items():
            several = min(self._at_once(carrier), len(questions))
            for share in (questions[at::several] for at in range(several)):
                # Daemon threads: an answer that hangs for its twenty seconds must not hold up the program's end.
                threading.Thread(
                    target=work, args=(carrier, share), daemon=True, name=f"ask {carrier}"
                ).start()
        try:
            for answered in range(1, len(batches) + 1):
                answer = _next(answers, stopped)
                if answer is None:
                    return
                yield answer
                say(f"{answered} of {len(batches)} questions answered")
        finally:
            over.set()

    def _at_once(self, carrier: str) -> int:
        base_url = self.config.carrier(carrier).base_url
        return self.fetcher.at_once(base_url) if base_url else 1

    def question(self, carrier_id: str, numbers: Sequence[str]) -> Answer:
        """One report for every number: what the carrier said, or why it could not be asked."""
        carrier, settings = carriers.get(carrier_id), self.config.carrier(carrier_id)
        why = _out_of_reach(carrier, settings.key, self.config.general.postcode)
        if why:
            blocked = [TrackingReport(n, "blocked", why) for n in numbers]
            return Answer(carrier_id, blocked, self.clock())
        access = Access(settings.key, self.config.general.postcode, self.config.general.language)
        reports: list[TrackingReport] = []
        seconds: dict[str, float] = {}
        for request in carrier.requests(numbers, access):
            fetched = self.fetcher.fetch(request, base_url=settings.base_url)
            reports += self._answer(carrier, request, settings.base_url, fetched)
            if fetched.seconds is not None:
                seconds |= dict.fromkeys(request.numbers, fetched.seconds)
        told = {report.number for report in reports}
        left_out = [
            TrackingReport(n, "unavailable", "no question could be put") for n in numbers if n not in told
        ]
        return Answer(carrier_id, reports + left_out, self.clock(), seconds)

    def _answer(
        self, carrier: Carrier, request: Request, base_url: str, fetched: Fetched
    ) -> list[TrackingReport]:
        if fetched.page is None:
            return [TrackingReport(n, "unavailable", fetched.fault) for n in request.numbers]
        self.heard(carrier.id, fetched.page)
        reports = carrier.parse(fetched.page, request.numbers)
        self.fetcher.report(base_url or request.url, _page_outcome(reports))
        self._note_change(carrier, fetched.page, reports)
        return reports

    def _note_change(self, carrier: Carrier, page: Page, reports: Sequence[TrackingReport]) -> None:
        changed = [report for report in reports if report.outcome == "changed"]
        with contextlib.suppress(OSError):  # a full disk must not cost the answer itself
            if changed:
                self.changed.keep(carrier.id, page, changed[0].detail, self.clock())
            elif any(report.outcome == "ok" for report in reports):
                self.changed.forget(carrier.id)


def legacy_hosts() -> frozenset[str]:
    """The hosts of the carriers whose servers speak only old ciphers."""
    old = [c for c in carriers.every() if c.legacy_tls]
    asked = [request.url for c in old for request in c.requests(["RR123456785ES"], Access())]
    return frozenset(host for url in asked if (host := urlsplit(url).hostname))


def _next(answers: SimpleQueue[Answer | Exception], stopped: Stopped) -> Answer | None:
    """The next answer, None when it is time to stop; a fault in the asking is raised here."""
    while not stopped():
        with contextlib.suppress(Empty):
            answer = answers.get(timeout=_LOOK_UP)
            if isinstance(answer, Exception):
                raise answer
            return answer
    return None


def _out_of_reach(carrier: Carrier, key: str, postcode: str) -> str:
    """Why a carrier is not asked at all, and what helps; "" where it can be."""
    if carrier.reach == "key" and not key:
        return f"{carrier.name} is asked with a key of your own: parcelwarden secret {carrier.id}"
    if carrier.reach == "postcode" and not postcode:
        return f"{carrier.name} answers only with your postcode: set general.postcode"
    if carrier.reach == "user":
        return (
            f"{carrier.name} answers only a person: `parcelwarden look ORDER` opens its page and reads along"
        )
    return ""


def _page_outcome(reports: Sequence[TrackingReport]) -> Outcome:
    """What the page as a whole was: an answer if it says anything about anyone, a refusal only if to all."""
    outcomes = {report.outcome for report in reports}
    if outcomes & {"ok", "not_found"}:
        return "ok"
    return "blocked" if outcomes == {"blocked"} else "unavailable"
