"""Where a store must not lie: folders that a service copies while they are written, and disks of other machines.

SQLite's locks do not hold over a network, and a synced copy of a file in the middle of a transaction is a broken
file (sqlite.org, "How To Corrupt An SQLite Database File"). There is no switch: another folder is the way out.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath

_MOUNTS = Path("/proc/self/mounts")
_OCTAL = re.compile(r"\\([0-7]{3})")  # how that file writes a space, say
_NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "afpfs", "coda", "ceph", "glusterfs", "lustre", "davfs",
    "fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.smbnetfs",
})  # fmt: skip
# The folder a service syncs, by its name; "OneDrive - Company" and "Dropbox (Personal)" are names too.
_SYNCED = {
    "Dropbox": re.compile(r"Dropbox( \(.*\))?", re.I),
    "OneDrive": re.compile(r"OneDrive( - .*)?", re.I),
    "Google Drive": re.compile(r"(Google ?Drive|GoogleDrive-.*)", re.I),
    "iCloud": re.compile(r"(iCloud ?Drive|com~apple~CloudDocs)", re.I),
    "Nextcloud": re.compile(r"(Nextcloud|ownCloud)", re.I),
}
# macOS keeps every such folder below ~/Library.
_MAC = {("Library", "Mobile Documents"): "iCloud", ("Library", "CloudStorage"): "a cloud service"}


def unfit(folder: Path) -> str:
    """Why a store must not lie in a folder, as one sentence; "" where it may."""
    real = folder.resolve()
    mounts = _MOUNTS.read_text("utf-8", "replace") if _MOUNTS.exists() else ""
    what = synced_by(real) or _network(real, mounts)
    if not what:
        return ""
    return (
        f"{folder} lies in {what}, where a store gets damaged while it is written: choose a folder on a disk of"
        " this machine with --data-dir, and bring copies there with `parcelwarden backup FILE`."
    )


def synced_by(folder: PurePath) -> str:
    """Which service syncs a folder, told by the names of the folders above it."""
    for service, name in _SYNCED.items():
        if any(name.fullmatch(part) for part in folder.parts):
            return f"a folder that {service} syncs"
    for pair, service in _MAC.items():
        if pair in zip(folder.parts, folder.parts[1:], strict=False):
            return f"a folder that {service} syncs"
    return ""


def _network(folder: PurePath, mounts: str) -> str:
    if str(folder).startswith("\\\\"):
        return "a network share"
    kind = file_system(folder, mounts)
    return f"a network disk ({kind})" if kind in _NETWORK else ""


def file_system(folder: PurePath, mounts: str) -> str:
    """The type of the file system a folder lies on; `mounts` is the text of /proc/self/mounts, "" is not known."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        point, found = _mount(line)
        # Of two mounts on one point the later one covers the earlier.
        if point and str(folder).startswith(point) and folder.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), found
    return kind


def _mount(line: str) -> tuple[str, str]:
    """Where a file system is mounted, and its type; "" for a line that tells neither."""
    fields = line.split(" ")
    if len(fields) < 3:
        return "", ""
    point = fields[1]
    return _OCTAL.sub(lambda sign: chr(int(sign[1], 8)), point) if "\\" in point else point, fields[2]
