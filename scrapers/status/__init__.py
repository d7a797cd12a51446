"""Reading one carrier text or code: what it means for the parcel."""

from scrapers.status.classify import classify

__all__ = ["classify"]
