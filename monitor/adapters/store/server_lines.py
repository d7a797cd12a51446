"""How connections to a PostgreSQL server notice that the other side is gone: a machine without power tells nobody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from monitor.adapters.store.address import Server

# On our side; who vanished from the network is given up in a minute, on either side.
_CLIENT: Final[Mapping[str, str | int]] = MappingProxyType({
    "connect_timeout": 10, "keepalives_idle": 20, "keepalives_interval": 5, "tcp_user_timeout": 30_000,
    "client_encoding": "utf8",
})  # fmt: skip
# On the server's, which holds locks for whoever it takes to be there: by itself it waits two hours.
SERVER: Final[Mapping[str, str]] = MappingProxyType({
    "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
})  # fmt: skip


def client(server: Server) -> dict[str, str | int]:
    """What a connection to it is made with besides its address: the settings of our side, and the password if any."""
    return {**_CLIENT, **({"password": server.password} if server.password else {})}


def given_up(**settings: str) -> str:
    """The `options` of a connection with these settings and those above."""
    return " ".join(f"-c {name}={value}" for name, value in {**SERVER, **settings}.items())
