"""The machine: doctor, notify test."""

from __future__ import annotations

from rich.markup import escape

from monitor.commands import DONE, FAILED, out
from monitor.session import Session, say
from monitor.terminal import Console


def doctor(session: Session, *, fix: bool, as_json: bool) -> int:
    """Everything a warning needs, looked at one by one."""
    from monitor.doctor import examine

    findings = list(examine(session, fix=fix))
    if as_json:
        out([{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings])
    else:
        console = Console(markup=True, soft_wrap=True)
        for f in findings:
            mark = "[green]ok[/]" if f.ok else "[red]!![/]"
            console.print(f"{mark} {f.name}: {escape(f.detail)}", highlight=False)
    return DONE if all(f.ok for f in findings) else FAILED


def network(session: Session, *, as_json: bool) -> int:
    """Every host the program talks to, and why; talks to none."""
    from monitor.hosts import contacts

    found = contacts(session)
    if as_json:
        out([{"host": c.host, "why": c.why, "in_use": c.in_use} for c in found])
        return DONE
    console = Console(soft_wrap=True)
    console.print("Talked to, with your settings:")
    for c in found:
        if c.in_use:
            console.print(f"  {c.host}: {c.why}", highlight=False)
    console.print("Not talked to, as your settings are:")
    for c in found:
        if not c.in_use:
            console.print(f"  {c.host}: {c.why}", highlight=False)
    console.print("There is no telemetry. `doctor --fix` may fetch a browser; your browser talks for itself.")
    return DONE


def notify_test(session: Session, *, as_json: bool) -> int:
    """Send a test through every channel and say what each answered."""
    from monitor.adapters.message import Message

    channels = session.channels()
    if not channels:
        say("No channel is switched on: set notify.desktop = true in the config.")
        return FAILED
    message = Message("Parcelwarden test", "If you can read this, warnings will reach you here.")
    answers = {name: channel.send(message) for name, channel in channels.items()}
    if as_json:
        out([{"channel": name, "ok": sent.ok, "detail": sent.detail} for name, sent in answers.items()])
    else:
        for name, sent in answers.items():
            Console(markup=True, soft_wrap=True).print(
                f"{name}: {'taken' if sent.ok else 'NOT taken'}. {escape(sent.detail)}"
            )
    return DONE if all(sent.ok for sent in answers.values()) else FAILED
