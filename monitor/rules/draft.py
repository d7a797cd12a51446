"""Texts for the user to check and send, filled from what the store knows; never a claim the data does not bear.

English, since seller and shop read it, with a translation of that very text into the user's language. Wording is
this project's own, after the situations of the buyers' rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from monitor.model import Order
from monitor.rules.assess import Assessment
from monitor.rules.texts import claims, letters, wording
from monitor.rules.texts.claims import reason_for
from monitor.rules.texts.matter import Matter, NotEnoughKnown, Outline, ReasonId, Writer
from monitor.rules.texts.quoting import own_words
from monitor.rules.texts.wording import LANGUAGES, Sentence, evidence_for, say
from scrapers.marketplaces.aliexpress.dispute import DEFAULT_TEXT_LIMIT

__all__ = [
    "KINDS", "LANGUAGES", "LEAST_LIMIT", "TAKES_AMOUNT", "Draft", "DraftKind", "NotEnoughKnown", "ReasonId", "draft",
    "reason_for",
]  # fmt: skip

DraftKind = Literal[
    "seller-message", "post-office", "not-received", "delivered-elsewhere", "quality", "not-as-described",
    "not-working", "damaged", "wrong-item", "incomplete", "empty-parcel", "counterfeit", "free-return", "return-sent",
    "offer-accept", "offer-reject", "close-request", "escalation", "paypal", "card",
]  # fmt: skip

LEAST_LIMIT = 200  # every text has its first sentence within so many signs
_NO_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Draft:
    """One text with what goes beside it.

    `text` is English; `translation` says the same in `language` ("" where that is English). `reason` is the one to
    choose in the form. `evidence` is what to attach, the most convincing first, and `notes` is what to mind, both in
    the user's language. `left_out` counts the sentences the form's limit had no room for.
    """

    kind: DraftKind
    subject: str
    text: str
    reason: ReasonId | None = None
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    language: str = "en"
    subject_translation: str = ""
    translation: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is written. `limit` in UTF-16 units; `local` texts go to somebody in the user's own country."""

    write: Writer
    limit: int = _NO_LIMIT
    takes_amount: bool = True
    local: bool = False


_FORM = DEFAULT_TEXT_LIMIT
_KINDS: dict[DraftKind, _Kind] = {
    "seller-message": _Kind(letters.seller_message, takes_amount=False),
    "post-office": _Kind(letters.post_office, takes_amount=False, local=True),
    "not-received": _Kind(claims.not_received, _FORM),
    "delivered-elsewhere": _Kind(claims.delivered_elsewhere, _FORM),
    "quality": _Kind(claims.received("quality", "quality", needs_words="the seam is open at the left side"), _FORM),
    "not-as-described": _Kind(
        claims.received("not_as_described", "not_as_described", needs_words="ordered blue, received green"), _FORM
    ),
    "not-working": _Kind(
        claims.received("not_working", "not_working", needs_words="it does not switch on after charging"), _FORM
    ),
    "damaged": _Kind(claims.received("damaged", "damaged", needs_words="the glass is broken"), _FORM),
    "wrong-item": _Kind(
        claims.received("wrong_item", "wrong_item", needs_words="ordered a lamp, received a cable"), _FORM
    ),
    "incomplete": _Kind(
        claims.received("incomplete", "quantity_shortage", needs_words="left shoe missing"), _FORM
    ),
    "empty-parcel": _Kind(claims.received("empty_parcel", "empty_parcel"), _FORM),
    "counterfeit": _Kind(
        claims.received("counterfeit", "counterfeit", needs_words="the logo is misspelt"), _FORM
    ),
    "free-return": _Kind(claims.free_return, _FORM, takes_amount=False),
    "return-sent": _Kind(claims.return_sent, _FORM),
    "offer-accept": _Kind(claims.accept_offer, _FORM),
    "offer-reject": _Kind(claims.reject_offer, _FORM),
    "close-request": _Kind(claims.close_request, _FORM, takes_amount=False),
    "escalation": _Kind(letters.escalation, _FORM),
    "paypal": _Kind(letters.payer("paypal"), local=True),
    "card": _Kind(letters.payer("card"), local=True),
}  # fmt: skip
KINDS: tuple[DraftKind, ...] = tuple(_KINDS)
TAKES_AMOUNT = frozenset(kind for kind, row in _KINDS.items() if row.takes_amount)


def draft(
    kind: DraftKind,
    order: Order,
    assessments: Sequence[Assessment],
    *,
    facts: Sequence[str] = (),
    amount: Decimal | None = None,
    language: str = "en",
    limit: int | None = None,
) -> Draft:
    """The text of this kind.

    `facts` are the user's own words, taken as they are; `amount` is the user's own figure in the order's currency.
    `language` is one of LANGUAGES; another one gets no translation. `limit` in UTF-16 units (at least
    LEAST_LIMIT) replaces that of the kind. Raises NotEnoughKnown where the text would claim what the data does not
    show.
    """
    row = _KINDS[kind]
    matter = Matter(order, tuple(assessments), tuple(filter(None, map(own_words, facts))), amount)
    _bears(matter)
    outline = row.write(matter)
    most = limit if limit is not None else row.limit
    return _worded(kind, outline, matter, language, most)


def _bears(m: Matter) -> None:
    """What no text may ever claim."""
    if m.order.order_state == "to_pay":
        raise NotEnoughKnown(f"order {m.id} is not paid yet: there is nothing to claim")
    if m.figure is not None and m.order.amount is not None and m.figure > m.order.amount:
        raise NotEnoughKnown(f"{m.money(m.figure)} is more than the {m.paid} paid for order {m.id}")


def _worded(kind: DraftKind, outline: Outline, m: Matter, code: str, most: int) -> Draft:
    english, own = wording.language("en"), wording.language(code if code in LANGUAGES else "en")
    kept = _fitting(outline.sentences, most)
    left_out = len(outline.sentences) - len(kept)
    translated = own is not english
    return Draft(
        kind=kind,
        subject=english.word(outline.subject),
        text=_text(kept),
        reason=outline.reason,
        evidence=tuple(own.evidence[item] for item in evidence_for(outline.reason or kind)),
        notes=tuple(own.note(note) for note in _notes(kind, m, most, left_out, translated=translated)),
        language=own.code,
        subject_translation=own.word(outline.subject) if translated else "",
        translation=_text(kept, own.code) if translated else "",
        left_out=left_out,
    )


def _fitting(sentences: Sequence[Sentence], most: int) -> Sequence[Sentence]:
    """As many sentences from the first on as have room, and the first in any case."""
    count = len(sentences)
    while count > 1 and _units(_text(sentences[:count])) > most:
        count -= 1
    return sentences[:count]


def _notes(kind: DraftKind, m: Matter, most: int, left_out: int, *, translated: bool) -> list[Sentence]:
    notes = [say("check")]
    if translated:
        notes.append(say("send_local" if _KINDS[kind].local else "send_english"))
        if m.own_words and not _KINDS[kind].local:
            notes.append(say("own_words_english"))
    if left_out:
        notes.append(say("left_out", limit=most, count=left_out))
    if kind in ("paypal", "card") and m.open_case:
        notes.append(say("one_at_a_time"))
    return notes


def _text(sentences: Sequence[Sentence], code: str = "en") -> str:
    return "\n".join(wording.language(code).word(sentence) for sentence in sentences)


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2
