"""Words and numbers: explain, identify, carriers, draft."""

from __future__ import annotations

from typing import cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.commands import DONE, FAILED, out
from monitor.rules.draft import DraftKind, draft
from monitor.rules.verdict import judge
from monitor.session import Session, say


def explain(text: str, *, carrier: str, code: str, language: str, as_json: bool) -> int:
    """How one carrier text is read, and by which rule."""
    from scrapers.status import classify

    status = classify(text, carrier=carrier or None, code=code or None, language=language or None)
    if as_json:
        out(
            {
                "text": text,
                "tag": status.tag,
                "subtag": status.subtag,
                "stage": status.stage,
                "rule": status.rule,
            }
        )
    else:
        Console().print(
            f"[bold]{status.tag}[/] {status.subtag} (decided by: {escape(status.rule)})", highlight=False
        )
    return DONE


def identify(number: str, *, as_json: bool) -> int:
    """Which carriers can own a number, best first."""
    from scrapers.numbers import identify as candidates

    found = candidates(number)
    if as_json:
        out([{"carrier": c.carrier, "certainty": round(c.certainty, 3), "reason": c.reason} for c in found])
    elif not found:
        say(f"No carrier known here writes numbers like “{number}”.")
    else:
        table = Table(box=None, pad_edge=False)
        for name in ("carrier", "certainty", "why"):
            table.add_column(name, overflow="fold")
        for c in found:
            table.add_row(c.carrier, f"{c.certainty:.0%}", escape(c.reason))
        Console().print(table)
    return DONE if found or as_json else FAILED


def carriers(*, as_json: bool) -> int:
    """What each carrier file can do and where its knowledge comes from."""
    from scrapers.carriers import every

    if as_json:
        out([
            {"id": c.id, "name": c.name, "reach": c.reach, "home": c.home, "batch": c.batch, "source": c.source,
             "limits": c.limits}
            for c in every()
        ])  # fmt: skip
        return DONE
    table = Table(box=None, pad_edge=False)
    for name in ("carrier", "name", "reach", "limits", "source"):
        table.add_column(name, overflow="fold")
    for c in every():
        table.add_row(c.id, c.name, c.reach, escape(c.limits), escape(c.source))
    Console().print(table)
    return DONE


def write_draft(session: Session, order_id: str, kind: str, *, as_json: bool) -> int:
    """A text to copy. Raises NotEnoughKnown."""
    verdict = judge(session.order(order_id), session.config.policy, session.clock(), session.zone)
    written = draft(cast("DraftKind", kind), verdict.order, verdict.assessments)
    if as_json:
        out({"kind": written.kind, "subject": written.subject, "text": written.text, "reason": written.reason,
             "evidence": list(written.evidence)})  # fmt: skip
        return DONE
    console = Console(soft_wrap=True)
    console.print(written.text, highlight=False, markup=False)
    for item in written.evidence:
        say(f"Attach: {item}")
    return DONE
