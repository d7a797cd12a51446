"""`draft`: a text to copy, with its translation and what goes beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from monitor.commands import DONE, BadValue, out
from monitor.commands.dispute import claim
from monitor.rules.draft import LANGUAGES, TAKES_AMOUNT, Draft, DraftKind, draft
from monitor.session import Session, say
from monitor.terminal import Console


def write(
    session: Session,
    order_id: str,
    kind: str,
    *,
    facts: Sequence[str],
    amount: str,
    language: str,
    limit: int | None,
    as_json: bool,
) -> int:
    """Print the text. Raises BadValue, and NotEnoughKnown where it would claim what is not known."""
    if language and language not in LANGUAGES:
        raise BadValue(f"--language {language}: there are {', '.join(LANGUAGES)}.")
    if amount and kind not in TAKES_AMOUNT:
        raise BadValue(f"--amount has no place in {kind}.")
    verdict = session.verdict(order_id)
    written = draft(
        cast("DraftKind", kind),
        verdict.order,
        verdict.assessments,
        facts=facts,
        amount=claim(verdict, amount) if amount else None,
        language=language or session.config.general.language,
        limit=limit,
    )
    if as_json:
        out(_json(written))
    else:
        _print(written)
    return DONE


def _json(text: Draft) -> dict[str, object]:
    return {
        "kind": text.kind,
        "subject": text.subject,
        "text": text.text,
        "reason": text.reason,
        "evidence": list(text.evidence),
        "notes": list(text.notes),
        "language": text.language,
        "subject_translation": text.subject_translation,
        "translation": text.translation,
        "left_out": text.left_out,
    }


def _print(text: Draft) -> None:
    """The English text alone is on stdout, so that it can be piped; what is for the user's eyes goes to stderr."""
    Console(soft_wrap=True).print(text.text, highlight=False, markup=False)
    say(f"\nSubject: {text.subject}")
    if text.reason:
        say(f"Reason to choose: {text.reason.replace('_', ' ')}")
    if text.translation:
        say(f"\n[{text.language}] {text.subject_translation}\n{text.translation}")
    say("")
    for item in text.evidence:
        say(f"Attach: {item}")
    for note in text.notes:
        say(note)
