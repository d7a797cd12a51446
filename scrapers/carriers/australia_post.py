"""Australia Post: its official Shipping and Tracking API, or the answer its public page gets in the user's browser.

The API wants the key, password and account number of a contract ("key:password:account") and takes ten numbers at
once; the page turns plain clients away. A consignment can hold several articles, and one article's delivery says
nothing of the others, so only the article asked about counts, or the only one there is. Times carry an Australian
offset, but scans abroad are the foreign office's clock under a wrong label, so they are marked, and so are scans
without a place. A milestone groups scans of several meanings ("Delivered" also holds an item awaiting collection
abroad) and is not used. Not found is ESB-10001, on the page errorCode 21, on an entry that names the number; status
500 there is a fault. API samples of 2014-2021; page and codes seen live 2026-10 by a public reader.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_UNKNOWN, _UNKNOWN_ON_PAGE = "ESB-10001", 21
_IN_AUSTRALIA = re.compile(r".*(?:\b(?:NSW|VIC|QLD|SA|WA|TAS|NT|ACT)|\(AU\))")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request for all numbers given; none without a key."""
    if not access.key:
        return []
    credentials, _, account = access.key.rpartition(":")
    listed = ",".join(quote(number, safe="") for number in numbers)
    return [
        Request(
            f"https://digitalapi.auspost.com.au/shipping/v1/track?tracking_ids={listed}",
            tuple(numbers),
            headers={
                "Accept": "application/json",
                "Account-Number": account,
                "Authorization": f"Basic {b64encode(credentials.encode()).decode()}",
            },
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the entries in the answer: `tracking_results` of the API, or the list the page gets."""
    answer = read_json(page)
    if isinstance(answer, list):
        return [report for entry in rows(answer, "") for report in _on_page(entry)]
    if maybe(answer, "errors", list) is not None and maybe(answer, "tracking_results", list) is None:
        code = text(answer, "errors.0.code") or text(answer, "errors.0.error_code")
        blocked = code == "API_002"
        why = text(answer, "errors.0.message") or code or "no reason given"
        return [
            TrackingReport(n, "blocked" if blocked else "unavailable", f"Australia Post refuses: {why[:120]}")
            for n in numbers
        ]
    return [_result(entry) for entry in rows(answer, "tracking_results")]


def _result(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "tracking_id", str)
    codes = [text(error, "code") for error in rows(entry, "errors")] if "errors" in entry else []
    if codes == [_UNKNOWN] and "trackable_items" not in entry:
        return TrackingReport(number, "not_found", "Australia Post does not know this number")
    if codes:
        return TrackingReport(number, "unavailable", f"Australia Post could not answer: code {codes[0][:20]}")
    try:
        items = rows(entry, "trackable_items")
        articles = [
            article for item in items for article in (rows(item, "items") if "items" in item else [item])
        ]
        announced = sum(maybe(item, "number_of_items", int) or 1 for item in items)
        return _of_article(number, articles, "article_id", "events", alone=announced == len(articles) == 1)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _on_page(entry: dict[str, object]) -> Iterable[TrackingReport]:
    for number in need(entry, "trackingIds", list):
        if not isinstance(number, str):
            raise LayoutChanged("trackingIds holds something other than text")
        refused = maybe(entry, "status", int) == 400 and "shipment" not in entry
        if refused and maybe(entry, "error.errorCode", int) == _UNKNOWN_ON_PAGE:
            yield TrackingReport(number, "not_found", "Australia Post does not know this number")
        elif maybe(entry, "status", int) != 200:
            yield TrackingReport(number, "unavailable", "Australia Post could not answer")
        else:
            try:
                listed = rows(entry, "shipment.articles")
                yield _of_article(number, listed, "articleId", "details.0.events", alone=len(listed) == 1)
            except LayoutChanged as changed:
                yield TrackingReport(number, "changed", str(changed))


def _of_article(
    number: str, articles: list[dict[str, object]], name: str, events: str, *, alone: bool
) -> TrackingReport:
    """The report of the article with this number, or of the only one where it is `alone` in its consignment."""
    own = [article for article in articles if text(article, name).upper() == number.upper()]
    chosen = own or (articles if alone else [])
    if len(chosen) != 1:
        return TrackingReport(
            number, "unavailable", "Australia Post holds several articles under this number"
        )
    return TrackingReport(
        number, "ok", events=tuple(_event(row) for row in reversed(rows(chosen[0], events)))
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    at = when.iso(text(row, "localeDateTime") or need(row, "date", str))
    code, words, place = text(row, "eventCode"), text(row, "description"), text(row, "location")
    status = classify(words, carrier="australia_post", code=code)
    return TrackingEvent(at, _IN_AUSTRALIA.fullmatch(place) is not None, words, place, code, status)


CARRIER = Carrier(
    id="australia_post",
    name="Australia Post",
    home="https://auspost.com.au",
    track_url="https://auspost.com.au/mypost/track/details/{number}",
    numbers=(r"[A-Z]{2}\d{9}AU", r"(?:\d{2})?[A-Z0-9]{3}\d{9}000\d{6}", r"(?:\d{2})?[A-Z0-9]{2}[A-Z]\d{7}"),
    speaks="json",
    source="official API, samples of 2014-2021; public page seen live 2026-10 by a public reader",
    requests=requests,
    read=read,
    countries=("AU",),
    zone="Australia/Sydney",
    batch=10,
    reach="key",
    limits="needs the key of a merchant's contract; scans abroad carry a wrong offset",
    source_date="2026-10",
)
