"""What a carrier's text means in plain words, out of how it was read: its tag, subtag and stage."""

from __future__ import annotations

from scrapers.base import Stage, Status

UNKNOWN = "not understood"

_SUBTAGS = {
    "Delivered_002": "collected",
    "Delivered_003": "delivered, signed for",
    "Delivered_005": "delivered to a neighbour",
    "Exception_002": "the recipient has moved",
    "Exception_003": "the recipient refused it",
    "Exception_004": "held by customs",
    "Exception_005": "delayed",
    "Exception_006": "held for a payment",
    "Exception_007": "the address is wrong",
    "Exception_008": "not collected",
    "Exception_009": "refused by the carrier",
    "Exception_010": "on its way back to the sender",
    "Exception_011": "back at the sender",
    "Exception_012": "damaged",
    "Exception_013": "lost",
    "InTransit_002": "accepted by the carrier",
    "InTransit_004": "arrived in the destination country",
    "InTransit_005": "customs are done",
    "InTransit_006": "at customs",
}
_STAGES: dict[Stage, str] = {
    "label": "label made, not handed over yet",
    "accepted": "accepted by the carrier",
    "origin": "moving in the country of origin",
    "export_customs": "at export customs",
    "line_haul": "on its way between the countries",
    "arrived": "arrived in the destination country",
    "import_customs": "at import customs",
    "local_carrier": "with the local carrier",
    "local": "moving in your country",
    "out_for_delivery": "out for delivery",
    "pickup": "waiting to be collected",
}
_TAGS = {
    "Pending": "announced",
    "InfoReceived": "label made, not handed over yet",
    "InTransit": "on its way",
    "OutForDelivery": "out for delivery",
    "AttemptFail": "delivery was tried in vain",
    "Delivered": "delivered",
    "AvailableForPickup": "waiting to be collected",
    "Exception": "something went wrong",
    "Expired": "no news for long",
}
OUTCOMES = {
    "ok": "answered with scans",
    "not_found": "does not know the number",
    "blocked": "did not answer a program",
    "unavailable": "could not be reached",
    "changed": "answered in a form not understood",
}
WORDS = tuple(
    dict.fromkeys([UNKNOWN, *_SUBTAGS.values(), *_STAGES.values(), *_TAGS.values(), *OUTCOMES.values()])
)


def meaning(status: Status) -> str:
    """One of WORDS."""
    if status.subtag in _SUBTAGS:
        return _SUBTAGS[status.subtag]
    if status.tag == "InTransit" and status.stage:
        return _STAGES[status.stage]
    return _TAGS.get(status.tag, UNKNOWN)
