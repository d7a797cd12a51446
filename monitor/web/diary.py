"""What the program did, newest first, out of its store."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.adapters.store.diary import KINDS, EntryKind
from monitor.web.frame import Frame
from monitor.web.meaning import OUTCOMES

_MOST = 300
WORDS: dict[EntryKind, str] = {
    "asked": "asked a carrier", "warned": "warning made", "told": "warning shown", "refused": "refused by the shop",
    "added": "order taken in", "date": "date seen", "clock": "clock",
}  # fmt: skip


def routes(frame: Frame) -> list[Route]:
    def done(request: Request) -> Response:
        given = request.query_params.get("kind", "")
        kind = next((one for one in KINDS if one == given), None)
        with frame.store() as store:
            entries = store.diary(kind, _MOST)
            known = set(frame.judged(store).by_id)
        return frame.page(
            "diary.html",
            entries=entries,
            words=WORDS,
            kind=kind or "",
            known=known,
            outcomes=OUTCOMES,
            most=_MOST,
        )

    return [Route("/log", done)]
