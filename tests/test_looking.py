"""`look`: a carrier that answers only a person is read in the person's own browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.loopback import Answer as HttpAnswer
from fixtures.loopback import Asked, LoopbackServer
from monitor import config as settings
from monitor.adapters import browser
from monitor.adapters.display import Display
from monitor.asking import Answer
from monitor.looking import look, question
from scrapers import carriers

NUMBER = "1Z999AA10123456784"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIXTURE = Path(__file__).parents[1] / "fixtures" / "carriers" / "ups"


class Ups(LoopbackServer):
    """A page that asks its own server once a person has answered its check, and shows the answer."""

    def answer(self, asked: Asked) -> HttpAnswer:
        if asked.path.endswith("GetStatus"):
            return HttpAnswer((FIXTURE / "moving.json").read_bytes(), "application/json")
        (request,) = carriers.get("ups").requests([NUMBER], settings_access())
        path = "/" + request.url.split("/", 3)[3]
        return HttpAnswer(
            f"<title>Tracking</title><script>fetch({json.dumps(path)}, {{method: 'POST'}})</script>".encode()
        )


def settings_access() -> object:
    from scrapers.base import Access

    return Access()


@pytest.fixture
def page() -> Iterator[Ups]:
    with Ups() as server:
        yield server


@pytest.mark.browser
def test_what_the_page_is_told_is_read_along(
    page: Ups, browser_executable: Path, display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads((FIXTURE / "moving.expected.json").read_text())
    config = settings.Config(carriers={"ups": settings.CarrierSection(base_url=page.url)})
    heard: list[Answer] = []

    def until_heard(context: browser.Browser, meanwhile: object) -> None:
        for _ in range(100):
            if heard:
                return
            browser.pause(context, 100)

    monkeypatch.setattr(browser, "until_closed", until_heard)
    look(
        [question("ups", expected["numbers"][0], config)],
        executable=browser_executable, profile=tmp_path / "profile", env=display.env, clock=lambda: NOW,
        take=heard.append,
    )  # fmt: skip
    (answer,) = heard
    assert (answer.carrier, answer.reports[0].outcome) == ("ups", "ok")
    assert len(answer.reports[0].events) == expected["reports"][0]["events"]


def test_a_carrier_for_persons_only_is_not_asked_by_the_program() -> None:
    for carrier in carriers.every():
        assert carrier.reach in ("open", "key", "postcode", "user")
        if carrier.reach == "user":
            assert question(carrier.id, "RR123456785FR", settings.Config()).page.startswith("https://")
