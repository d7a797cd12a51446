"""Country names as carriers write them, to ISO 3166 alpha-2."""

from __future__ import annotations

_NAMES = {
    "mainland china": "CN", "china": "CN", "cn": "CN", "hong kong": "HK", "hong kong, china": "HK", "taiwan": "TW",
    "macau": "MO", "macao": "MO", "germany": "DE", "france": "FR", "spain": "ES", "italy": "IT", "portugal": "PT",
    "belgium": "BE", "netherlands": "NL", "the netherlands": "NL", "luxembourg": "LU", "austria": "AT",
    "switzerland": "CH", "united kingdom": "GB", "great britain": "GB", "england": "GB", "uk": "GB", "ireland": "IE",
    "poland": "PL", "czech republic": "CZ", "czechia": "CZ", "slovakia": "SK", "slovenia": "SI", "hungary": "HU",
    "romania": "RO", "bulgaria": "BG", "croatia": "HR", "serbia": "RS", "bosnia and herzegovina": "BA",
    "north macedonia": "MK", "macedonia": "MK", "albania": "AL", "montenegro": "ME", "moldova": "MD", "greece": "GR",
    "cyprus": "CY", "malta": "MT", "denmark": "DK", "sweden": "SE", "norway": "NO", "finland": "FI", "iceland": "IS",
    "estonia": "EE", "latvia": "LV", "lithuania": "LT", "ukraine": "UA", "belarus": "BY", "russia": "RU",
    "russian federation": "RU", "kazakhstan": "KZ", "uzbekistan": "UZ", "georgia": "GE", "armenia": "AM",
    "azerbaijan": "AZ", "turkey": "TR", "türkiye": "TR", "turkiye": "TR", "israel": "IL", "saudi arabia": "SA",
    "united arab emirates": "AE", "kuwait": "KW", "qatar": "QA", "bahrain": "BH", "oman": "OM", "jordan": "JO",
    "lebanon": "LB", "egypt": "EG", "morocco": "MA", "algeria": "DZ", "tunisia": "TN", "nigeria": "NG", "kenya": "KE",
    "ghana": "GH", "south africa": "ZA", "united states": "US", "united states of america": "US", "usa": "US",
    "canada": "CA", "mexico": "MX", "brazil": "BR", "chile": "CL", "argentina": "AR", "peru": "PE", "colombia": "CO",
    "ecuador": "EC", "uruguay": "UY", "paraguay": "PY", "bolivia": "BO", "venezuela": "VE", "costa rica": "CR",
    "panama": "PA", "guatemala": "GT", "dominican republic": "DO", "puerto rico": "PR", "australia": "AU",
    "new zealand": "NZ", "japan": "JP", "korea": "KR", "south korea": "KR", "republic of korea": "KR",
    "singapore": "SG", "malaysia": "MY", "thailand": "TH", "vietnam": "VN", "viet nam": "VN", "philippines": "PH",
    "indonesia": "ID", "india": "IN", "pakistan": "PK", "bangladesh": "BD", "sri lanka": "LK", "nepal": "NP",
    "cambodia": "KH", "laos": "LA", "myanmar": "MM", "mongolia": "MN", "kyrgyzstan": "KG", "tajikistan": "TJ",
    "turkmenistan": "TM", "maldives": "MV",
}  # fmt: skip


def code(name: str) -> str:
    """The alpha-2 code of an English country name or of a code itself; "" when it is neither."""
    plain = name.strip().casefold()
    known = _NAMES.get(plain, "")
    if known or len(plain) != 2:
        return known
    upper = plain.upper()
    return upper if upper in _NAMES.values() else ""
