"""`look`: the carriers' own pages, opened for the user to see, and read along."""

from __future__ import annotations

from monitor.asking import Answer
from monitor.commands import DONE, FAILED, NEEDS_USER
from monitor.rules.schedule import pages_for
from monitor.session import Session, say
from monitor.terminal import Console


def look(session: Session, order_id: str) -> int:
    """Open the tracking pages of an order's parcels; store what they say."""
    from monitor.adapters.browser_setup import ensure_browser
    from monitor.adapters.display import ensure_display
    from monitor.looking import look as open_pages
    from monitor.looking import question

    order = session.order(order_id)
    parcels = {leg.number: parcel.id for parcel in order.parcels for leg in pages_for(parcel)}
    legs = [leg for parcel in order.parcels for leg in pages_for(parcel)]
    if not legs:
        say(f"Order {order_id} has no number whose carrier has a page to look at.")
        return FAILED
    seen: list[Answer] = []

    def take(answer: Answer) -> None:
        number = answer.reports[0].number
        wanted = {
            parcels[number]: [leg for leg in legs if (leg.carrier, leg.number) == (answer.carrier, number)]
        }
        session.store.record(answer.carrier, answer.reports, wanted, answer.at)
        seen.append(answer)
        say(f"{answer.carrier} about {number}: {len(answer.reports[0].events)} scans read.")

    browser = session.config.browser
    chosen = ensure_browser(executable=browser.executable, channel=browser.channel, say=say)
    say(
        "Look at the pages and answer what they ask; what they show is read along. Close the window when done."
    )
    with ensure_display(say) as display:
        open_pages(
            [question(leg.carrier, leg.number, session.config) for leg in legs],
            executable=chosen.executable,
            profile=session.profile_dir,
            env=display.env,
            clock=session.clock,
            take=take,
        )
    if not seen:
        say("No answer that could be read was seen on these pages.")
        return NEEDS_USER
    Console().print(f"{len(seen)} answers read. `parcelwarden show {order_id}` has them.")
    return DONE
