"""Retained messages for an MQTT broker, with a last will: who reads them sees when we are gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

ONLINE, OFFLINE = "online", "offline"
_ONCE = 1  # quality of service: at least once
_GOODBYE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it is; `tls` checks its certificate against the system's authorities."""

    host: str
    port: int
    tls: bool
    user: str
    password: str


class Publisher:
    """Keeps a connection in a thread of its own and the broker's retained messages equal to what was told last.

    `available` is the topic that says online or offline, `ours` the filters of topics only we write: what lies there
    and is not told any more is taken away, also what an earlier run left.
    """

    def __init__(
        self, broker: Broker, available: str, ours: Sequence[str], say: Callable[[str], None]
    ) -> None:
        self._broker, self._available, self._ours, self._say = broker, available, ours, say
        self._lock = threading.Lock()
        self._there: dict[str, str] = {}
        self._fault = ""
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect, self._client.on_message = self._connected, self._met
        self._client.on_connect_fail = lambda *_: self._failed("does not answer")
        self._client.will_set(available, OFFLINE, _ONCE, retain=True)
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            self._client.tls_set()
        self._client.connect_async(broker.host, broker.port, keepalive=60)
        self._client.loop_start()

    def tell(self, messages: Mapping[str, str]) -> None:
        """Send what is new or changed, take away what is gone; without a connection that is left to a later call."""
        if not self._client.is_connected():
            return
        with self._lock:
            gone = dict.fromkeys(self._there.keys() - messages.keys(), "")
            changed = {topic: text for topic, text in messages.items() if self._there.get(topic) != text}
            self._there = dict(messages)
        for topic, text in {**changed, **gone}.items():
            self._client.publish(topic, text, _ONCE, retain=True)

    def close(self) -> None:
        """Say that we are gone, within two seconds."""
        if self._client.is_connected():
            goodbye = self._client.publish(self._available, OFFLINE, _ONCE, retain=True)
            goodbye.wait_for_publish(_GOODBYE_SECONDS)
        self._client.disconnect()  # ends the thread too, when it comes to it

    def _connected(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            self._failed("does not take this user and password" if code.value in _REFUSED else "refused us")
            return
        if self._fault:
            self._say(f"MQTT: {self._broker.host} is there again.")
        self._fault = ""
        with self._lock:  # a broker that was restarted may have forgotten everything
            self._there.clear()
        client.subscribe([(topics, _ONCE) for topics in self._ours])
        client.publish(self._available, ONLINE, _ONCE, retain=True)

    def _met(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if message.retain and message.payload:
            with self._lock:
                self._there.setdefault(message.topic, "")

    def _failed(self, why: str) -> None:
        """Said once until it changes or is over; the connection is tried again by itself."""
        if why != self._fault:
            self._fault = why
            self._say(f"MQTT: {self._broker.host} {why}; it is tried again.")


# Bad user name or password, not authorized (MQTT 3.1.1's 4 and 5 as paho tells them).
_REFUSED = (134, 135)
