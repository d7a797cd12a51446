"""What a page of the shop was told by the shop, as it was read along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.browser_log import question_in
from scrapers.base import Page, read_jsonp
from scrapers.marketplaces.aliexpress.answers import ShopRefused, is_about_orders, read_answer
from scrapers.marketplaces.aliexpress.orders import has_more, more_words
from scrapers.marketplaces.aliexpress.pages import LIST_API, REFUNDS_API
from scrapers.marketplaces.aliexpress.refunds import ListedCase, listed_cases
from scrapers.orders import OrderRecord
from scrapers.shape import LayoutChanged, text


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer about orders. `asked` is what the page asked for; `more` says that the list goes on and `more_words`
    how its button is called; `cases` are those of the list; `changed` says why the answer could not be read, `refused`
    that the shop did not answer."""

    api: str
    asked: Mapping[str, object]
    page: Page
    records: tuple[OrderRecord, ...] = ()
    more: bool = False
    more_words: str = ""
    cases: tuple[ListedCase, ...] = ()
    changed: str = ""
    refused: ShopRefused | None = None

    @property
    def order_id(self) -> str:
        """The order that was asked for, "" where the question named none."""
        return text(self.asked, "tradeOrderId")


def is_wanted(url: str) -> bool:
    """Whether an answer from this address can be about orders."""
    question = question_in(url, "")
    return question is not None and is_about_orders(question[0])


def read_reply(page: Page, posted: str) -> Reply | None:
    """The answer with what was read from it, None where it is not about orders. `posted` is the request's body."""
    question = question_in(page.url, posted)
    if question is None or not is_about_orders(question[0]):
        return None
    api, asked = question
    try:
        answer = read_jsonp(page)
        records = tuple(read_answer(answer, asked))
        more, words = (has_more(answer), more_words(answer)) if api == LIST_API else (False, "")
        cases = listed_cases(answer) if api == REFUNDS_API else ()
    except LayoutChanged as changed:
        return Reply(api, asked, page, changed=str(changed))
    except ShopRefused as refused:
        return Reply(api, asked, page, refused=refused)
    return Reply(api, asked, page, records, more, words, cases)
