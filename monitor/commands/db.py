"""`db copy`: a store into another place, from a file to a server or back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from monitor.adapters.store import BadAddress, Server, StoreTrouble, copying, open_database
from monitor.commands import DONE, BadValue, out
from monitor.session import Session, progress, progress_over, say
from monitor.terminal import Console


def copy(session: Session, source: str, target: str, *, as_json: bool) -> int:
    """Copy all rows ("" as the source: the store of the config) and compare; what was cut off before is completed."""
    where = _place(session, source, "--from") if source else session.store_place
    to = _place(session, target, "--to")
    if _same(where, to):
        raise BadValue(f"--to {to}: that is the store to be copied itself; name another place.")
    if isinstance(where, Path) and not where.exists():
        raise StoreTrouble(f"There is no store {where} to be copied.")
    with (
        closing(open_database(where)) as from_there,
        closing(open_database(to, half=True)) as into,
    ):
        copied = copying.copy(from_there, into, lambda table, rows: progress(f"{table}: {rows} rows"))
        progress_over()
    if as_json:
        out({"from": str(where), "to": str(to), "tables": [_document(one) for one in copied]})
        return DONE
    table = Console(soft_wrap=True)
    for one in copied:
        line = f"{one.table:<16} {one.target.rows:>10} rows  {one.target.checksum}  {_how(one)}"
        table.print(line, highlight=False)
    rows = sum(one.target.rows for one in copied)
    say(f"{to} holds the same {rows} rows as {where}. To watch with it, set store.url to it in config.toml.")
    return DONE


def _place(session: Session, address: str, option: str) -> Path | Server:
    try:
        return session.place(address)
    except BadAddress as bad:
        raise BadValue(f"{option}: {bad}.") from bad


def _same(one: Path | Server, other: Path | Server) -> bool:
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return str(one) == str(other)


def _how(one: copying.Copied) -> str:
    if not one.target.rows:
        return "empty"
    if one.brought == one.target.rows:
        return "copied"
    return f"{one.brought} copied, the others were there" if one.brought else "was there"


def _document(one: copying.Copied) -> dict[str, object]:
    return {
        "table": one.table,
        "rows": one.target.rows,
        "copied": one.brought,
        "checksum": one.target.checksum,
        "checksum_of_source": one.source.checksum,
    }
