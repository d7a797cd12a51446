"""Countries: the codes of ISO 3166 alpha-2, and the names carriers write for them."""

from __future__ import annotations

from functools import lru_cache

# ISO 3166, and XK, which posts write for Kosovo.
CODES = frozenset({
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY",
    "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK",
    "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS",
    "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR",
    "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA",
    "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE",
    "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM",
    "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG",
    "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF",
    "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY",
    "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW", "XK",
})  # fmt: skip

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


@lru_cache(maxsize=1024)
def code(name: str) -> str:
    """The alpha-2 code of an English country name or of a code itself; "" when it is neither."""
    plain = name.strip().casefold()
    upper = plain.upper()
    return _NAMES.get(plain, upper if upper in CODES else "")
