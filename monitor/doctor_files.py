"""`doctor` on the data folder: who can read it, room on its disk, backups."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.adapters.store import StoreTrouble, backups
from monitor.config import default_config_path
from monitor.finding import Finding
from monitor.session import Session

_ROOM = 100 * 1024 * 1024  # what copies, evidence and logs may need on one day
_BACKUP_AGE = timedelta(hours=36)  # one is made every day the machine is on


def examine_files(session: Session, *, fix: bool) -> Iterator[Finding]:
    """Looks at the files; `fix` closes them to others, and makes a backup where the last one is old."""
    if not session.data_dir.is_dir():
        yield Finding(
            "data folder", ok=False, detail=f"{session.data_dir} cannot be made: choose another one."
        )
        return
    if os.name == "posix":
        yield _private(session, fix=fix)
    yield _room(session.data_dir)
    yield _backup(session, fix=fix)


def _private(session: Session, *, fix: bool) -> Finding:
    config = session.config_path or default_config_path()
    open_to_others = [path for path in (config, *_tree(session.data_dir)) if _mode(path) & 0o077]
    if fix:
        for path in open_to_others:
            path.chmod(0o700 if path.is_dir() else 0o600)
        open_to_others = [path for path in open_to_others if _mode(path) & 0o077]
    if not open_to_others:
        return Finding("data folder", ok=True, detail=f"{session.data_dir} is only yours")
    first, more = open_to_others[0], len(open_to_others) - 1
    which = f"{first}{f' and {more} more' if more else ''}"
    return Finding("data folder", ok=False, detail=f"others can read {which}: `parcelwarden doctor --fix`")


def _tree(folder: Path) -> Iterator[Path]:
    """The folder and what lies in it, but for the browser's profile: that is closed at its top."""
    yield folder
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir() and not (path / "Default").is_dir():
            yield from _tree(path)
        else:
            yield path


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:  # gone meanwhile, or not there
        return 0


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    words = f"{free // 1024**2} MB free"
    return Finding("disk", free >= _ROOM, words if free >= _ROOM else f"only {words}: make some room")


def _backup(session: Session, *, fix: bool) -> Finding:
    try:
        _ = session.store_path
    except StoreTrouble as on_a_server:
        return Finding("backups", ok=True, detail=str(on_a_server))
    now = session.clock()
    age = _age(session, now)
    if fix and (age is None or age > _BACKUP_AGE):
        try:
            backups.daily(session.store_path, now.astimezone(session.zone))
        except StoreTrouble as trouble:
            return Finding("backups", ok=False, detail=str(trouble))
        age = _age(session, now)
    if age is None:
        return Finding("backups", ok=True, detail="none yet: `run` makes one a day, `doctor --fix` one now")
    words = f"the newest is {max(int(age.total_seconds()), 0) // 3600} h old"
    if age > _BACKUP_AGE:
        return Finding("backups", ok=False, detail=f"{words}: let `run` run, or `parcelwarden doctor --fix`")
    return Finding("backups", ok=True, detail=words)


def _age(session: Session, now: datetime) -> timedelta | None:
    newest = next(backups.newest_good(session.store_path), None)
    return now - datetime.fromtimestamp(newest.stat().st_mtime, UTC) if newest else None
