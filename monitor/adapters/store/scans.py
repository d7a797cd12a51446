"""The scans of each look, as its carrier told them. Words, places and what a scan means are kept once for all scans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import cast

from monitor.adapters.store import columns as col
from monitor.adapters.store import labels
from monitor.adapters.store.connection import Connection, parts, placeholders
from scrapers.base import Status, TrackingEvent

_NO_WORDS: labels.Labels = MappingProxyType({})
# code, words, tag, subtag, stage, rule; and the same as it is kept, with ids for the texts
_Meaning = tuple[str, str, str, str, str, str]
_Kept = tuple[int, int, str, str, str, int]


def put(db: Connection, lists: Mapping[int, Sequence[TrackingEvent]]) -> set[int]:
    """Store lists of scans by their looks; scans a new list has forgotten are kept. Returns those with any new."""
    stored = _read(db, sorted(lists), _NO_WORDS)
    tails: dict[int, tuple[int, Sequence[TrackingEvent]]] = {}
    cut: list[tuple[int, int]] = []
    for look, told in sorted(lists.items()):
        before = stored.get(look, [])
        events = _with_forgotten(told, before)
        alike = _alike(events, before)
        if alike < len(before):
            cut.append((look, alike))
        if alike < max(len(before), len(events)):
            tails[look] = alike, events[alike:]
    if cut:
        db.executemany("DELETE FROM scans WHERE look_id = ? AND place_in_list >= ?", cut)
    if tails:
        _insert(db, tails)
    return set(tails)


def by_look(db: Connection, looks: Sequence[int]) -> dict[int, tuple[TrackingEvent, ...]]:
    """The scans of many looks, oldest first, with the user's labels for texts no rule understands."""
    return {look: tuple(events) for look, events in _read(db, looks, labels.every(db)).items()}


def said(event: TrackingEvent) -> tuple[str | bool | float, ...]:
    """All of a scan as plain values; the same moment in another zone is the same."""
    status = event.status
    return (
        event.at.timestamp(), event.at_is_exact, event.text, event.place, event.code,
        status.tag, status.subtag, status.rule, status.stage,
    )  # fmt: skip


def _with_forgotten(
    told: Sequence[TrackingEvent], before: Sequence[TrackingEvent]
) -> Sequence[TrackingEvent]:
    """A new list with those of the scans before it that it leaves out: carriers forget; what was seen was seen.

    Some tell only the newest scans, so that as many come as go. Of a list as long as the one before only what is
    older than all of it is forgotten; the rest was told in other words.
    """
    if not before:
        return told
    seen = {(e.at, e.text, e.code) for e in told}
    left_out = [e for e in before if (e.at, e.text, e.code) not in seen]
    if told and len(told) >= len(before):
        begins = min(e.at for e in told)
        left_out = [e for e in left_out if e.at < begins]
    return sorted([*left_out, *told], key=lambda e: e.at) if left_out else told


def _alike(events: Sequence[TrackingEvent], before: Sequence[TrackingEvent]) -> int:
    """How many scans two lists have in common at their start."""
    pairs = zip(map(said, events), map(said, before), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _insert(db: Connection, tails: Mapping[int, tuple[int, Sequence[TrackingEvent]]]) -> None:
    """The ends of lists, by their looks, each from its place in the list on."""
    said = [
        (look, at, event, _meaning(event))
        for look, (start, tail) in tails.items()
        for at, event in enumerate(tail, start)
    ]
    meanings = _meanings(db, {meaning for *_, meaning in said})
    places = _texts(db, {event.place for _, _, event, _ in said})
    db.executemany(
        "INSERT INTO scans (look_id, place_in_list, at, exact, meaning, place) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (look, at, col.micros(e.at), int(e.at_is_exact), meanings[meaning], places[e.place])
            for look, at, e, meaning in said
        ],
    )


def _read(db: Connection, looks: Sequence[int], own_words: labels.Labels) -> dict[int, list[TrackingEvent]]:
    found: dict[int, list[TrackingEvent]] = {}
    for some in parts(looks):
        rows = db.execute(
            "SELECT s.look_id, k.carrier, s.at, s.exact, s.meaning, s.place FROM scans s"
            f" JOIN looks k ON k.id = s.look_id WHERE s.look_id IN ({placeholders(some)})"
            " ORDER BY s.look_id, s.place_in_list",
            some,
        ).fetchall()
        meanings = _meanings_by_id(db, {row["meaning"] for row in rows})
        places = _texts_by_id(db, {row["place"] for row in rows})
        read: dict[tuple[str, int], Status] = {}
        for look, carrier, at, exact, meaning, place in rows:
            code, words, status = meanings[meaning]
            if (carrier, meaning) not in read:
                read[carrier, meaning] = labels.read(own_words, status, words, carrier)
            event = TrackingEvent(
                col.moment(at), bool(exact), words, places[place], code, read[carrier, meaning]
            )
            found.setdefault(look, []).append(event)
    return found


def _meaning(event: TrackingEvent) -> _Meaning:
    status = event.status
    return event.code, event.text, status.tag, status.subtag, status.stage, status.rule


def _meanings(db: Connection, wanted: set[_Meaning]) -> dict[_Meaning, int]:
    """Meaning -> its id, made when missing."""
    texts = _texts(db, {text for code, words, *_, rule in wanted for text in (code, words, rule)})
    kept: dict[_Meaning, _Kept] = {}
    for one in wanted:
        code, words, tag, subtag, stage, rule = one
        kept[one] = texts[code], texts[words], _kept(tag), _kept(subtag), _kept(stage), texts[rule]
    used = sorted({row[1] for row in kept.values()})
    known = _meanings_of_words(db, used)
    if missing := sorted(set(kept.values()) - known.keys()):
        db.executemany(
            "INSERT INTO meanings (code, words, tag, subtag, stage, rule) VALUES (?, ?, ?, ?, ?, ?)", missing
        )
        known = _meanings_of_words(db, used)
    return {one: known[row] for one, row in kept.items()}


def _meanings_of_words(db: Connection, words: Sequence[int]) -> dict[_Kept, int]:
    found: dict[_Kept, int] = {}
    for some in parts(words):
        rows = db.execute(
            "SELECT id, code, words, tag, subtag, stage, rule FROM meanings"
            f" WHERE words IN ({placeholders(some)})",
            some,
        )
        for number, *row in rows:
            found[cast("_Kept", tuple(row))] = int(number)
    return found


def _meanings_by_id(db: Connection, ids: Iterable[int]) -> dict[int, tuple[str, str, Status]]:
    """Id -> code, words and what they mean."""
    found: dict[int, tuple[str, str, Status]] = {}
    for some in parts(sorted(ids)):
        rows = db.execute(
            "SELECT m.id, c.text AS code, w.text AS words, m.tag, m.subtag, m.stage, r.text AS rule FROM meanings m"
            " JOIN texts c ON c.id = m.code JOIN texts w ON w.id = m.words JOIN texts r ON r.id = m.rule"
            f" WHERE m.id IN ({placeholders(some)})",
            some,
        )
        for row in rows:
            status = Status(row["tag"], row["subtag"], row["rule"], row["stage"])
            found[row["id"]] = row["code"], row["words"], status
    return found


def _texts(db: Connection, texts: Iterable[str]) -> dict[str, int]:
    """Text -> its id, made when missing."""
    kept = {text: _kept(text) for text in texts}
    found: dict[str, int] = {}
    for some in parts(sorted(set(kept.values()))):
        asked = f"SELECT id, text FROM texts WHERE text IN ({placeholders(some)})"
        found |= {row["text"]: int(row["id"]) for row in db.execute(asked, some)}
        if missing := [text for text in some if text not in found]:
            db.executemany(
                "INSERT INTO texts (text) VALUES (?) ON CONFLICT DO NOTHING", [(t,) for t in missing]
            )
            found |= {row["text"]: int(row["id"]) for row in db.execute(asked, some)}
    return {text: found[as_kept] for text, as_kept in kept.items()}


def _texts_by_id(db: Connection, ids: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in parts(sorted(ids)):
        rows = db.execute(f"SELECT id, text FROM texts WHERE id IN ({placeholders(some)})", some)
        found |= {row["id"]: row["text"] for row in rows}
    return found


def _kept(text: str) -> str:
    """A text as every database can hold it."""
    return text.replace("\0", "\ufffd")
