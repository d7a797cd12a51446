"""Addresses of this machine, as they stand in a Host or in the config."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, seen by nobody else."""
    return is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback


def is_address(name: str) -> bool:
    """Whether this is an address, and no name."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
