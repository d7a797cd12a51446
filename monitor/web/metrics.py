"""The state of the watch in the text format of Prometheus: what to alarm on from outside, without any order's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from monitor import __version__
from monitor.adapters.store.health import CarrierHealth
from monitor.model import Condition
from monitor.rules.verdict import Verdict


class Metrics:
    """Everything of one moment. `untold` are the warnings that no channel has taken yet."""

    def __init__(
        self,
        verdicts: Sequence[Verdict],
        carriers: Mapping[str, CarrierHealth],
        last_good_check: datetime | None,
        untold: int,
    ) -> None:
        self._watched = [v for v in verdicts if v.order.watched]
        self._carriers, self._last_good_check, self._untold = carriers, last_good_check, untold

    def text(self) -> bytes:
        """The metrics, in the text format 0.0.4."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("parcelwarden", "The program.", {"version": __version__})
        yield from self._of_orders()
        yield from self._of_carriers()

    def _of_orders(self) -> Iterator[Metric]:
        yield _gauge("orders_watched", "Orders that are watched.", [((), len(self._watched))])
        urgent = sum(v.urgent for v in self._watched)
        yield _gauge("orders_need_you", "Watched orders with something to do.", [((), urgent)])
        yield _gauge("warnings_untold", "Warnings no channel has taken yet.", [((), self._untold)])
        conditions = Counter(a.condition for v in self._watched for a in v.assessments)
        yield _gauge(
            "parcels", "Parcels of watched orders.",
            [((name,), conditions[name]) for name in get_args(Condition)], "condition",
        )  # fmt: skip
        left = [v.days_left for v in self._watched if v.days_left is not None]
        yield _gauge(
            "days_left", "Days to the nearest last safe day of all orders; absent where there is none.",
            [((), min(left))] if left else [],
        )  # fmt: skip

    def _of_carriers(self) -> Iterator[Metric]:
        checked = self._last_good_check
        yield _gauge(
            "last_good_check_timestamp_seconds", "When a carrier last gave an answer that said something.",
            [((), checked.timestamp())] if checked else [],
        )  # fmt: skip
        yield _gauge(
            "carrier_last_good_timestamp_seconds", "The same, for each carrier.",
            [((name,), h.last_good_at.timestamp()) for name, h in self._carriers.items() if h.last_good_at], "carrier",
        )  # fmt: skip
        yield _gauge(
            "carrier_numbers", "Numbers a carrier was asked about, by its newest answer.",
            [((name, outcome), n) for name, h in self._carriers.items() for outcome, n in h.outcomes.items()],
            "carrier", "outcome",
        )  # fmt: skip


def _gauge(
    name: str, meaning: str, values: Iterable[tuple[tuple[str, ...], float]], *labels: str
) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"parcelwarden_{name}", meaning, labels=labels)
    for key, value in values:
        gauge.add_metric(key, value)
    return gauge
