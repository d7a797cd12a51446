"""Texts to copy: written anew from what is known, with a translation and what goes beside them."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.commands import BadValue
from monitor.commands.dispute import claim
from monitor.rules.draft import KINDS, LANGUAGES, TAKES_AMOUNT, DraftKind, NotEnoughKnown, draft
from monitor.rules.texts.wording import language
from monitor.web.frame import Frame


def routes(frame: Frame) -> list[Route]:
    def written(request: Request) -> Response:
        asked = request.query_params
        kind = asked.get("kind", "") if asked.get("kind") in KINDS else "seller-message"
        own = frame.session.config.general.language
        code = asked.get("language", "") if asked.get("language") in LANGUAGES else own
        facts, amount = asked.get("facts", "")[:2000], asked.get("amount", "").strip()
        text, trouble = None, ""
        with frame.store() as store:
            verdict = frame.verdict(store, request)
        try:
            text = draft(
                cast("DraftKind", kind),
                verdict.order,
                verdict.assessments,
                facts=[line for line in facts.splitlines() if line.strip()],
                amount=claim(verdict, amount) if amount and kind in TAKES_AMOUNT else None,
                language=code,
            )
        except (NotEnoughKnown, BadValue) as error:
            trouble = str(error)
        return frame.page(
            "draft.html",
            v=verdict, kind=kind, kinds=KINDS, language=code, text=text, trouble=trouble, facts=facts, amount=amount,
            languages={one: language(one).name for one in LANGUAGES}, takes_amount=kind in TAKES_AMOUNT,
        )  # fmt: skip

    return [Route("/drafts/{order_id:path}", written)]
