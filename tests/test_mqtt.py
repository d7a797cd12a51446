"""Home Assistant's side of it: a real broker (Debian's mosquitto), and a client that reads what lies there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from builders import NOW, NUMBER, day, days_ago, leg, order, parcel, scan, shown
from jinja2 import Environment
from paho.mqtt.enums import CallbackAPIVersion

from monitor import home_assistant
from monitor.adapters.mqtt import Broker, Publisher
from monitor.broker import reporting
from monitor.model import Order
from monitor.rules.policy import Policy
from monitor.rules.verdict import judge
from monitor.session import Session
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

SECONDS = 30
USER, PASSWORD = "warden", "a-secret-word"
ORDER = "order-9c8540fc671c58f3"  # how the order of `stalled` is called there


class Mosquitto:
    """The broker as a process of its own; it keeps nothing when it ends."""

    def __init__(self, executable: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._command = [executable, "-c", str(folder / "mosquitto.conf")]
        as_root = "user root\n" if os.name == "posix" and os.geteuid() == 0 else ""
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\npassword_file {folder / 'passwords'}\npersistence false\n{as_root}"
        )
        subprocess.run(
            [f"{executable}_passwd".replace("/sbin/", "/bin/"), "-b", "-c", str(folder / "passwords"), USER, PASSWORD],
            check=True, timeout=SECONDS, capture_output=True,
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._listens)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(SECONDS)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def as_seen_by_us(self, password: str = PASSWORD) -> Broker:
        return Broker("127.0.0.1", self.port, tls=False, user=USER, password=password)


class HomeAssistant:
    """A client of the broker: the newest payload of each topic."""

    def __init__(self, broker: Mosquitto) -> None:
        self.seen: dict[str, str] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.on_connect = lambda client, *_: client.subscribe("#")
        self._client.on_message = lambda _client, _data, m: self.seen.update({m.topic: m.payload.decode()})
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def entity(self, topic: str) -> tuple[dict[str, object], str]:
        """An entity's config and what its template makes of its state."""
        config = json.loads(self.seen[topic])
        state = json.loads(self.seen[config["state_topic"]])
        return config, Environment(autoescape=False).from_string(config["value_template"]).render(
            value_json=state
        )

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_for(true: Callable[[], object]) -> None:
    given_up = time.monotonic() + SECONDS
    pause = threading.Event()
    while not true():
        assert time.monotonic() < given_up
        pause.wait(0.02)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    executable = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if executable is None:
        pytest.skip("mosquitto is not installed")
    broker = Mosquitto(executable, tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def home(mosquitto: Mosquitto) -> Iterator[HomeAssistant]:
    reader = HomeAssistant(mosquitto)
    yield reader
    reader.close()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def publisher(mosquitto: Mosquitto, said: list[str]) -> Iterator[Publisher]:
    made = Publisher(
        mosquitto.as_seen_by_us(), home_assistant.AVAILABLE, home_assistant.topics("homeassistant"), said.append
    )  # fmt: skip
    yield made
    made.close()


def stalled(**more: object) -> Order:
    seen = (shown("protection_end", 9),)
    return order(
        parcel(leg(scan(20, "InTransit", stage="line_haul"))), dates=seen, title="Secret lamp", **more
    )


def told(*orders: Order) -> dict[str, str]:
    judged = [judge(one, Policy(), NOW, NOW.tzinfo) for one in orders]  # type: ignore[arg-type]  # UTC is a zone
    return home_assistant.messages(judged, days_ago(0.1), "homeassistant", NOW.tzinfo)  # type: ignore[arg-type]


def tell_until(publisher: Publisher, messages: dict[str, str], true: Callable[[], object]) -> None:
    """As the daemon does: told again and again."""

    def once() -> object:
        publisher.tell(messages)
        return true()

    wait_for(once)


def test_home_assistant_finds_entities_with_the_state_of_the_watch(
    publisher: Publisher, home: HomeAssistant
) -> None:
    messages = told(stalled())
    tell_until(publisher, messages, lambda: messages.items() <= home.seen.items())
    base = "homeassistant/{}/parcelwarden/{}/config"
    shown_as = {
        key: home.entity(base.format(kind, key))[1]
        for kind, key in (
            ("binary_sensor", "problem"), ("sensor", "need_you"), ("sensor", "last_safe_day"),
            ("sensor", "days_left"), ("sensor", ORDER),
        )
    }  # fmt: skip
    assert shown_as == {
        "problem": "ON", "need_you": "1", "last_safe_day": day(8).isoformat(), "days_left": "8",
        ORDER: "stalled",
    }  # fmt: skip
    configs = [json.loads(text) for topic, text in messages.items() if topic.endswith("/config")]
    assert len({config["unique_id"] for config in configs}) == len(configs) == 7
    assert {config["availability_topic"] for config in configs} == {home_assistant.AVAILABLE}
    assert home.seen[home_assistant.AVAILABLE] == "online"
    assert not [secret for secret in ("Secret lamp", "8190000000000017") if secret in str(home.seen)]


def test_an_order_with_any_sign_in_its_number_is_told_with_the_others(
    publisher: Publisher, home: HomeAssistant
) -> None:
    messages = told(stalled(marketplace="ebay", order_id="AB/12#3"), stalled(order_id="Bestellung+Größe"))
    tell_until(publisher, messages, lambda: messages.items() <= home.seen.items())
    objects = [topic.split("/")[3] for topic in messages if topic.endswith("/config")]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in objects), "Home Assistant ignores others"


def test_what_is_no_longer_watched_goes_also_after_a_restart(
    mosquitto: Mosquitto, publisher: Publisher, home: HomeAssistant
) -> None:
    topic = f"homeassistant/sensor/parcelwarden/{ORDER}/config"
    tell_until(publisher, told(stalled()), lambda: home.seen.get(topic))
    publisher.close()
    wait_for(lambda: home.seen[home_assistant.AVAILABLE] == "offline")
    again = Publisher(
        mosquitto.as_seen_by_us(), home_assistant.AVAILABLE, home_assistant.topics("homeassistant"), print
    )
    try:
        tell_until(again, told(), lambda: home.seen[topic] == "")
        assert home.seen[f"parcelwarden/orders/{ORDER}"] == ""
    finally:
        again.close()


def test_a_broker_that_was_away_is_said_once_and_told_everything_again(
    mosquitto: Mosquitto, publisher: Publisher, said: list[str]
) -> None:
    messages = told(stalled())
    home = HomeAssistant(mosquitto)
    tell_until(publisher, messages, lambda: messages.items() <= home.seen.items())
    home.close()
    mosquitto.stop()
    wait_for(lambda: said)
    mosquitto.start()
    home = HomeAssistant(mosquitto)
    tell_until(publisher, messages, lambda: messages.items() <= home.seen.items())
    home.close()
    assert said == [
        "MQTT: 127.0.0.1 does not answer; it is tried again.",
        "MQTT: 127.0.0.1 is there again.",
    ]


def test_a_wrong_password_is_said(mosquitto: Mosquitto, said: list[str]) -> None:
    publisher = Publisher(mosquitto.as_seen_by_us("wrong"), "x", [], said.append)
    try:
        wait_for(lambda: said)
    finally:
        publisher.close()
    assert "does not take this user and password" in said[0]
    assert "wrong" not in said[0]


def test_a_password_others_can_read_costs_the_broker_and_not_the_watch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("[mqtt]\nhost = '127.0.0.1'\n")
    secret = tmp_path / "data" / "secrets" / "mqtt"
    secret.parent.mkdir(parents=True)
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    with reporting(Session(tmp_path / "config.toml", tmp_path / "data")) as jobs:
        assert jobs == {}
    said = capsys.readouterr().err
    assert (str(secret) in said, PASSWORD in said) == (True, False)


@pytest.mark.skipif(os.name != "posix", reason="killed the POSIX way")
def test_a_daemon_that_is_killed_is_gone_for_home_assistant(
    tmp_path: Path, mosquitto: Mosquitto, home: HomeAssistant
) -> None:
    (tmp_path / "config.toml").write_text(
        f"[mqtt]\nhost = '127.0.0.1'\nport = {mosquitto.port}\nuser = '{USER}'\n[notify]\ndesktop = false\n"
    )
    session = Session(None, tmp_path / "data")
    seen = ShownDate("protection_end", day(9), "page", "order detail", "until then")
    record = OrderRecord("8190000000000001", "page", parcels=(ShopParcel(NUMBER),), dates=(seen,))
    session.store.save([record], NOW)
    session.store.set_day(session.order("8190000000000001"), "archived_on", day(0))  # asks no carrier
    session.store.close()
    daemon = subprocess.Popen(
        [sys.executable, "-m", "monitor", "--config", str(tmp_path / "config.toml"),
         "--data-dir", str(tmp_path / "data"), "run"],
        env={**os.environ, "PARCELWARDEN_MQTT_PASSWORD": PASSWORD}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: home.seen.get(home_assistant.AVAILABLE) == "online")
        daemon.send_signal(signal.SIGKILL)
        wait_for(lambda: home.seen[home_assistant.AVAILABLE] == "offline")
    finally:
        daemon.kill()
        daemon.wait(SECONDS)
