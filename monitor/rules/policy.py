"""How long is too long, per stage of the last real scan; the defaults and what they rest on.

Defaults: facts collected 2026-11 from Parcel Intelligence's priors (90th percentile of dwell), Shopline Tracker
and swiss-delivery-tracker. All of them can be set in [thresholds].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from scrapers.base import Stage
from scrapers.marketplaces.profiles import Profiles, shipped


@dataclass(frozen=True, slots=True)
class Limit:
    """Days without a scan after which a parcel is late, and after which it is stalled."""

    late: int
    stalled: int


DEFAULT_LIMITS: Mapping[Stage, Limit] = {
    "label": Limit(5, 10),
    "accepted": Limit(5, 10),
    "origin": Limit(5, 10),
    "export_customs": Limit(5, 10),
    "line_haul": Limit(10, 14),
    "arrived": Limit(4, 6),
    "import_customs": Limit(4, 6),
    "local_carrier": Limit(3, 5),
    "local": Limit(3, 5),
    "out_for_delivery": Limit(1, 2),
    "pickup": Limit(3, 6),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Every number the rules need, and the `profiles` of shops and payers. `stale_look` is how old the last good
    answer may be before we say "could not check"; `ended_counts_again` is for mail whose tracking ends by
    design; `home_city` holds spellings of the city that parcels go to."""

    limits: Mapping[Stage, Limit] = field(default_factory=lambda: DEFAULT_LIMITS)
    untracked_days: int = 10
    not_shipped_days: int = 7
    stale_look: timedelta = timedelta(days=3)
    ended_counts_again: int = 14
    ladder: tuple[int, ...] = (14, 7, 3, 1, 0)
    profiles: Profiles = field(default_factory=shipped)
    home_city: tuple[str, ...] = ()

    def limit(self, stage: Stage) -> Limit:
        """The limit of a stage; a stage nobody could tell is taken as the line haul, the longest of them."""
        return self.limits.get(stage) or self.limits["line_haul"]
