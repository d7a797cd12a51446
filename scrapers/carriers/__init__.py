"""Carriers, one file each; listing this folder is the whole registration.

A file is named after the carrier's id; an id that begins with a digit gets a leading underscore (`_4px.py`).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from scrapers.base import Carrier


class UnknownCarrier(LookupError):
    """No file of this id; the message lists what there is."""


def ids() -> list[str]:
    """The ids of all carriers, sorted, without importing them."""
    return list(_listed())


@cache
def _listed() -> tuple[str, ...]:
    return tuple(sorted(found.name.removeprefix("_") for found in pkgutil.iter_modules(__path__)))


@cache
def get(carrier_id: str) -> Carrier:
    """The carrier of this id. Raises UnknownCarrier."""
    if carrier_id not in ids():
        raise UnknownCarrier(f"no carrier {carrier_id!r}; there are: {', '.join(ids())}")
    name = f"_{carrier_id}" if carrier_id[0].isdigit() else carrier_id
    carrier: Carrier = importlib.import_module(f"{__name__}.{name}").CARRIER
    return carrier


def every() -> list[Carrier]:
    """All carriers, by id."""
    return [get(carrier_id) for carrier_id in ids()]
