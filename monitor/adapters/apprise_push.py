"""Warnings through apprise, which knows a hundred services (the extra `push`): one channel for each address."""

from __future__ import annotations

from monitor.adapters.deadline import NetworkTime
from monitor.adapters.message import Message, Sent

TOTAL_SECONDS = 30.0


class AppriseChannel:
    """One apprise address. The name holds its place in the config, never the address, which is a secret."""

    def __init__(self, url: str, place: int) -> None:
        self._url = url
        self.name = f"apprise-{place}"
        self.host = f"the service of {url.partition(':')[0]}://"

    def send(self, notice: Message) -> Sent:
        """Left behind after 30 seconds. Only a counted success is one: apprise also answers where nothing was sent."""
        try:
            import apprise
        except ImportError:
            return Sent(ok=False, detail="apprise is not installed: pip install 'parcelwarden[push]'.")

        def push() -> str:
            service = apprise.Apprise()
            if not service.add(self._url):
                return "apprise does not know this kind of address."
            answer = service.notify(title=notice.title, body=notice.body)
            return "" if answer.success_count == 1 else "The service did not take it."

        try:
            fault = NetworkTime(TOTAL_SECONDS).run(push, TimeoutError())
        except TimeoutError:
            fault = f"The service did not take it within {TOTAL_SECONDS:g} seconds."
        except Exception as error:  # noqa: BLE001 - its plug-ins raise what they like
            fault = f"apprise failed ({type(error).__name__})."
        return Sent(not fault, fault or "The service took it.")
