"""AliExpress's forms on what is under way already: cancelling an order, and a case's evidence and answer.

No button leads to them here. "Cancel order" is on the list of what is never pressed, so its form is opened by its own
address (m.aliexpress.com/p/refund-cancel, seen 2026; its parameter's name was not seen), and a case's page by the ids
its list is told. The shop's decision may have to be shown first ("View possible solutions"); the place for evidence
unfolds on the page itself, so it is pressed with the line cut.
"""

from __future__ import annotations

from collections.abc import Iterator

from scrapers.forms import Attach, Choose, Fill, Form, Open, Press, Step, WaitFor
from scrapers.shape import LayoutChanged, rows, text

CANCEL = Form(
    "cancel",
    (
        Open("{m}/p/refund-cancel/index.html?tradeOrderId={order_id}"),
        WaitFor("form"),
        Choose("reason"),
    ),
)

_CASE_PAGE: tuple[Step, ...] = (
    Open("{m}/p/refund-dispute/list.html"),
    WaitFor("case_listed"),
    Open("{trade}/issue/fastissue/Detail.htm?tradeOrderLineId={case_line}&reverseOrderLineId={case}"),
)
_TO_THE_CASE: tuple[Step, ...] = (*_CASE_PAGE, Press("decision"), WaitFor("case"))
_WITH_EVIDENCE: tuple[Step, ...] = (Press("evidence"), WaitFor("text"), Fill("text"), Attach("photos"))

EVIDENCE = Form("evidence", (*_TO_THE_CASE, *_WITH_EVIDENCE))
DISAGREE = Form("disagree", (*_TO_THE_CASE, Choose("answer"), *_WITH_EVIDENCE))
# Where a return is agreed upon, its page takes the number of the parcel sent back (not seen; told by its label).
RETURN = Form("return", (*_CASE_PAGE, WaitFor("return"), Fill("number")))

_FINISHED = "4"


def cases_listed(answer: object, order_id: str, line_id: str = "") -> list[tuple[str, str]]:
    """The open cases of an order in the buyer's list, each with the id of its item and its own; only that of one item
    where `line_id` names one. Raises LayoutChanged."""
    return [
        (item_id, case_id)
        for item_id, case_id, finished in _of_order(answer, order_id)
        if not finished and line_id in ("", item_id)
    ]


def _of_order(answer: object, order_id: str) -> Iterator[tuple[str, str, bool]]:
    for item in rows(answer, "data.module.items"):
        for line in rows(item, "reverseOrderLines"):
            item_id, case_id = text(line, "tradeOrderLineId"), text(line, "reverseOrderLineId")
            if text(line, "tradeOrderId") != order_id:
                continue
            if not (item_id.isdecimal() and case_id.isdecimal()):
                raise LayoutChanged("a case of the list has no id")
            yield item_id, case_id, text(line, "reverseStatus") == _FINISHED
