"""The day from which the shop takes a request, in the sentence by which it refuses one now.

"In transit, you can apply after Dec 5, 2026" (wording of the rule as of 2021-24; no form of 2026 was seen to refuse).
The day may stand without its year, or as a number of days from today.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from scrapers.marketplaces.aliexpress.dates import coming_days, find_days
from scrapers.orders import UNSURE_DAY, ShownDate

PLACE = "refusal of the dispute form"

# "in 5 days" in the shop's languages. "Within 5 days" is the length of a right, not its beginning.
_FROM_NOW = (
    re.compile(
        r"\b(?:in|after|nach|dans|après|en|dentro de|después de|em|daqui a|após|depois de|tra|fra|dopo|over|na|za|po"
        r"|через|спустя)\s(\d{1,3})\s"
        r"(?:more |weiteren )?(?:days?|tage?n?|jours?|días?|dias?|giorn[oi]|dagen|dag|dni|dzień|дн|день|дня)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\d월月]\s)(?<![\d월月])(\d{1,3})\s?(?:일|日)\s?(?:후|뒤|以?[后後])"),
    re.compile(r"(\d{1,3})\s(?:gün sonra)", re.IGNORECASE),
    re.compile(r"(?:بعد|خلال)\s(\d{1,3})\s(?:يوم|أيام)"),
    re.compile(r"(?:בעוד|אחרי|לאחר)\s(\d{1,3})\s(?:ימים|יום)"),
)


def not_before(sentence: str, language: str, said_on: date) -> ShownDate | None:
    """From when on the request can be made, None where the sentence names no such day.

    Of several days the latest: a refusal may tell the order's or the delivery's day as well. One that is over is none.
    """
    found = find_days(sentence, language) or coming_days(sentence, said_on)
    latest = max(found, key=lambda each: each.day, default=None)
    if latest is not None:
        doubt = f" ({UNSURE_DAY}: the earlier day is taken)" if latest.unsure else ""
        return _shown(latest.day, sentence, doubt) if latest.day > said_on else None
    days = next((int(m.group(1)) for pattern in _FROM_NOW if (m := pattern.search(sentence))), 0)
    return _shown(said_on + timedelta(days=days), sentence) if days else None


def _shown(day: date, sentence: str, doubt: str = "") -> ShownDate:
    return ShownDate("opens_on", day, "page", f"{PLACE}{doubt}", sentence)
