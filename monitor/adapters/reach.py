"""Where a request may go: pure rules about hosts and addresses, against being led into the user's own network."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# The second-level words under which country registries sell names (RFC-less custom, e.g. co.uk, com.cn, or.jp):
# below them one more label makes the site.
_REGISTRY_WORDS = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "ne", "net", "nom", "or", "org"}
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a request talks to. `host` is lower case, IPv6 without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def key(self) -> str:
        """ "host:port", the name under which politeness is kept."""
        return f"{self.host}:{self.port}"

    @property
    def label(self) -> str:
        """The host as a sentence names it, with the port only where it says something."""
        return self.host if self.port == _DEFAULT_PORTS.get(self.scheme) else self.key

    @property
    def is_loopback(self) -> bool:
        """Written as this very machine (127.0.0.1, ::1, localhost), not merely resolving to it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def origin(scheme: str, host: str, port: int | None) -> Origin:
    """The origin of an address's parts. Raises ValueError, in words for the user, for what is no web address."""
    if scheme not in _DEFAULT_PORTS:
        raise ValueError(f"{scheme or 'an address without a scheme'} is not http or https")
    if not host:
        raise ValueError("the address names no host")
    return Origin(scheme, host.lower().rstrip("."), port or _DEFAULT_PORTS[scheme])


def may_connect(address: str, *, on_loopback: bool) -> bool:
    """Whether a resolved IP address may be connected to: loopback only for loopback requests, else public only."""
    ip = _innermost(address)
    if ip is None:
        return False
    return ip.is_loopback if on_loopback else ip.is_global and not ip.is_multicast


def _innermost(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in the end spoken to: IPv4 wrapped in IPv6 (mapped, 6to4, Teredo, NAT64) is unwrapped."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip.sixtofour:
        return ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def redirect_refusal(source: Origin, target: Origin) -> str:
    """Why a redirect is not followed, as the end of a sentence; "" where it may be."""
    if source.scheme == "https" and target.scheme != "https":
        return "out of https"
    if source.is_loopback or target.is_loopback:
        return "" if source.is_loopback and target.is_loopback else "across the border of this machine"
    if site(source.host) != site(target.host):
        return "to another site"
    return ""


def site(host: str) -> str:
    """The registrable part of a host ("track.post.co.uk" -> "post.co.uk"); an IP address is its own site.

    A rule of thumb, not the public suffix list: the hosts redirected from are the carriers' own.
    """
    labels = host.split(".")
    if _innermost(host) is not None or len(labels) < 3:
        return host
    below_registry = len(labels[-1]) == 2 and labels[-2] in _REGISTRY_WORDS
    return ".".join(labels[-3:] if below_registry else labels[-2:])
