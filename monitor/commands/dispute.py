"""The dispute: draft from the facts, form filled in a headed browser, the button left to the user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from monitor.adapters.store import StoreTrouble
from monitor.commands import DONE, NEEDS_USER, BadValue, out
from monitor.rules.draft import Draft, draft
from monitor.rules.verdict import Verdict
from monitor.session import Session, say
from scrapers.marketplaces.profiles import WITH_FORMS

SITUATIONS = ("not-received", "delivered-elsewhere")


def dispute(
    session: Session,
    order_id: str,
    *,
    line: str,
    situation: str,
    photos: Sequence[Path],
    amount: str,
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> int:
    """Plan, and unless it is a dry run, fill the form and hand over."""
    verdict = session.verdict(order_id)
    order = verdict.order
    if verdict.parties[0].id not in WITH_FORMS:
        return _no_form(verdict, as_json=as_json)
    claimed = claim(verdict, amount)
    text = draft(
        "delivered-elsewhere" if situation == "delivered-elsewhere" else "not-received",
        order,
        verdict.assessments,
        amount=claimed if amount else None,
        language=session.config.general.language,
    )
    if dry_run:
        _print_plan(verdict, text, claimed, photos, line, as_json=as_json)
        return DONE
    return _fill(session, verdict, text, claimed, photos, line, wait=wait, as_json=as_json)


def _no_form(verdict: Verdict, *, as_json: bool) -> int:
    """A shop whose form is not known here: where to go, and that nothing was opened."""
    shop = verdict.parties[0]
    order_id = verdict.order.order_id
    where = ", ".join(part for part in (shop.way, shop.entry_of(order_id)) if part) or "its own order page"
    sentence = (
        f"The form of {shop.name} is not known here, so none was opened. Go to {where};"
        f" `parcelwarden draft {order_id} --kind not-received` gives the text."
    )
    if as_json:
        out(
            {
                "result": "no_form",
                "fields": [],
                "refusal": sentence,
                "blocked_requests": [],
                "screenshot": None,
            }
        )
    else:
        say(sentence)
    return NEEDS_USER


def claim(verdict: Verdict, amount: str) -> Decimal | None:
    """The amount to claim: all that was paid, or the user's own figure, never more than was paid."""
    paid = verdict.order.amount
    if not amount:
        return paid
    figure, _, currency = amount.strip().partition(" ")
    try:
        wanted = Decimal(figure)
    except ArithmeticError:
        raise BadValue(f"--amount “{amount}”: write it as 12.34.") from None
    if currency and currency.strip().upper() != verdict.order.currency:
        raise BadValue(
            f"--amount {amount}: the order was paid in {verdict.order.currency or 'an unknown currency'}."
        )
    if not wanted.is_finite() or wanted <= 0 or (paid is not None and wanted > paid):
        limit = f"between 0 and the {paid} {verdict.order.currency} paid" if paid is not None else "above 0"
        raise BadValue(f"--amount {amount}: the claim must be {limit}.")
    return wanted


def _print_plan(
    verdict: Verdict,
    text: Draft,
    claimed: Decimal | None,
    photos: Sequence[Path],
    line: str,
    *,
    as_json: bool,
) -> None:
    order = verdict.order
    if as_json:
        out({
            "order_id": order.order_id, "line": line, "received": False, "reason": text.reason,
            "solution": "refund_only", "amount": {"value": str(claimed) if claimed is not None else None,
            "currency": order.currency}, "text": text.text, "photos": [str(p) for p in photos],
            "evidence": list(text.evidence), "by": verdict.advice.by.isoformat() if verdict.advice.by else None,
        })  # fmt: skip
        return
    console = Console(soft_wrap=True)
    console.print(f"Order {order.order_id}, {verdict.advice.text}", highlight=False)
    if verdict.advice.by:
        console.print(f"Last safe day: {verdict.advice.by}")
    console.print("Received? No.  Solution: refund only.", highlight=False)
    console.print(f"Reason: {text.reason}")
    console.print(
        f"Amount: {claimed if claimed is not None else 'all that was paid'} {order.currency}".rstrip()
    )
    console.print("Text:")
    console.print(text.text, highlight=False, markup=False)
    for item in text.evidence:
        console.print(f"Attach: {item}")
    console.print(
        "Nothing was opened. Without --dry-run the form is filled in your browser; you alone submit it."
    )


def _fill(
    session: Session,
    verdict: Verdict,
    text: Draft,
    claimed: Decimal | None,
    photos: Sequence[Path],
    line: str,
    *,
    wait: bool,
    as_json: bool,
) -> int:
    from monitor.adapters.browser_setup import ensure_browser
    from monitor.adapters.display import ensure_display
    from monitor.disputes import DisputeForm, DisputeResult, ShopSite, lay_form

    browser, shop = session.config.browser, session.config.marketplace.aliexpress
    order, now = verdict.order, session.clock()
    chosen = ensure_browser(executable=browser.executable, channel=browser.channel, say=say)
    session.evidence_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ensure_display(say) as display:
        if wait and display.virtual:
            say("Nobody can see that screen: the form is filled, a screenshot kept, and the window closed.")
        form = DisputeForm(
            order_id=order.order_id,
            line_id=line,
            received=False,
            reason=text.reason or "not_received_in_transit",
            text=text.text,
            photos=tuple(photos),
            amount=claimed,
        )
        result: DisputeResult = lay_form(
            form,
            site=ShopSite(shop.base_url),
            executable=chosen.executable,
            profile=session.profile_dir,
            keep_in=session.evidence_dir,
            wait=wait and not display.virtual,
            language=shop.language,
            say=say,
            notify=lambda words: _notify(session, words),
            now=now,
            env=display.env,
        )
    if result.refusal:
        _keep_refusal(session, verdict, result.refusal, str(result.screenshot or ""), now)
    if as_json:
        out(result.as_json())
    else:
        _print_result(result.result, result.detail, str(result.screenshot or ""))
    return {"filled": DONE}.get(result.result, NEEDS_USER)


def _notify(session: Session, words: str) -> None:
    from monitor.adapters.notify import Message

    for channel in session.channels().values():
        channel.send(Message("Your dispute form", words))


def _keep_refusal(session: Session, verdict: Verdict, sentence: str, screenshot: str, now: datetime) -> None:
    try:
        session.store.add_refusal(verdict.order, sentence, screenshot, now)
    except StoreTrouble as trouble:  # the refusal itself must still be told
        say(str(trouble))


def _print_result(result: str, detail: str, screenshot: str) -> None:
    console = Console(soft_wrap=True)
    words = {
        "filled": "The form is filled. Nothing was submitted: that button is yours.",
        "refused": "The shop does not take the dispute yet; its words are kept as evidence. Try again every day.",
        "layout_changed": "The page is unlike any known one: nothing was filled. Use the text of --dry-run.",
        "login_needed": "You are not logged in to the shop in this browser: log in there and try again.",
        "bot_check": "The shop asks whether you are human: answer it in the browser and try again later.",
    }[result]
    console.print(words)
    if detail:
        console.print(detail, highlight=False, markup=False)
    if screenshot:
        console.print(f"Screenshot: {screenshot}", highlight=False, markup=False)
