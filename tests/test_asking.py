"""Several questions at once: only to a host of one's own, with pauses switched off, and only as many as are allowed."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from hostile_server import Asked, HostileServer, answer

from monitor.session import Session

NUMBERS = [f"4PX{n:013d}CN" for n in range(6)]
UNKNOWN = (
    b'{"result":1,"data":[{"queryCode":"%s","status":7,"tracks":null,"serverCode":"","shipperCode":""}]}'
)
PATH = "/track/v2/front/listTrackV3"


class Counting:
    """Answers once `together` questions have been under way at once, and counts the most there were."""

    def __init__(self, together: int) -> None:
        self.most = 0
        self._now = 0
        self._together = together
        self._change = threading.Condition()

    def __call__(self, server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        with self._change:
            self._now += 1
            self.most = max(self.most, self._now)
            self._change.notify_all()
            assert self._change.wait_for(lambda: self.most >= self._together, 30)
            self._now -= 1  # before the answer, for the next question may come right behind it
        number = next(number for number in NUMBERS if number.encode() in asked.body)
        answer(200, UNKNOWN.replace(b"%s", number.encode()))(server, connection, asked)


@pytest.mark.parametrize(
    ("polling", "together"),
    [
        ("host_pause = 0\nhost_connections = 3", 3),
        ("host_pause = 0", 1),
        ("host_pause = 0.001\nhost_connections = 3", 1),
    ],
)
def test_a_host_of_ones_own_has_as_many_questions_at_once_as_it_may(
    tmp_path: Path, polling: str, together: int
) -> None:
    counting = Counting(together)
    with HostileServer() as server:
        server.on(PATH, counting)
        config = tmp_path / "config.toml"
        config.write_text(f'[polling]\n{polling}\n[carriers.4px]\nbase_url = "{server.url}"\n')
        with Session(config, tmp_path / "data").asker() as asker:
            told = [
                (report.number, report.outcome)
                for answered in asker.ask({"4px": NUMBERS}, lambda _: None, lambda: False)
                for report in answered.reports
            ]
    assert sorted(told) == [(number, "not_found") for number in NUMBERS]
    assert counting.most == together
