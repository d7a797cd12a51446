"""`run` beside Home Assistant: keeps an MQTT broker told of the watch, where the config names one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from monitor import home_assistant
from monitor.adapters.keychain import MQTT, SecretExposed
from monitor.config import ConfigError
from monitor.rules.verdict import judge_all
from monitor.session import Session, complain, say

Job = Callable[[Session, threading.Event], None]


@contextlib.contextmanager
def reporting(session: Session) -> Iterator[dict[str, Job]]:
    """The jobs that keep the broker told for the length of a block; at its end the broker is told that we are gone.

    Raises ConfigError where the extra `mqtt` is not installed.
    """
    settings = session.config.mqtt
    if not settings.host:
        yield {}
        return
    try:
        from monitor.adapters.mqtt import Broker, Publisher
    except ImportError as missing:
        raise ConfigError("[mqtt] needs an extra: pip install 'parcelwarden[mqtt]'.") from missing
    try:
        password = session.keychain.get(MQTT)
    except SecretExposed as exposed:  # no reason to watch nothing
        complain(str(exposed))
        yield {}
        return
    broker = Broker(settings.host, settings.port, settings.tls, settings.user, password)
    publisher = Publisher(broker, home_assistant.AVAILABLE, home_assistant.topics(settings.prefix), say)

    def report(session: Session, _stop: threading.Event) -> None:
        with contextlib.closing(session.new_store()) as store:
            now, zone = session.clock(), session.zone
            verdicts = judge_all(store.orders(), session.config.policy, now, zone).verdicts
            checked_at = store.last_good_check()
        publisher.tell(home_assistant.messages(verdicts, checked_at, settings.prefix, zone))

    try:
        yield {"mqtt": report}
    finally:
        publisher.close()
