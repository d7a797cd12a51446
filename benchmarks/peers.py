"""Other programs to measure beside ours: installed from PyPI into a folder of this run, and gone after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

# The work goes on in the peer's own interpreter: its packages never meet ours.
PEERS = {
    "karrio": ("karrio", "karrio-laposte", "karrio-usps", "karrio-dhl-universal"),
    "track4px": ("track4px",),
    "greek-parcel-cli": ("greek-parcel-cli",),
    "orjson": ("orjson",),
}
_folders: list[tempfile.TemporaryDirectory[str]] = []


@cache
def installed(name: str) -> Path | None:
    """The folder bin/ of a virtual environment that holds a peer; None where it cannot be installed."""
    folder = tempfile.TemporaryDirectory(prefix=f"parcelwarden-peer-{name}-")
    _folders.append(folder)  # gone with this process
    place = Path(folder.name)
    wanted = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PEERS[name]]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
        subprocess.run(wanted, check=True, capture_output=True)
    except subprocess.CalledProcessError as failed:
        print(f"{name} cannot be installed: {failed.stderr.decode()[-200:]}", file=sys.stderr)
        return None
    return place / "bin"


def ask(name: str, script: str, given: object) -> Any:
    """What a script says as JSON, run with a peer at hand and `given` as JSON on its stdin; None without the peer."""
    place = installed(name)
    if place is None:
        return None
    with tempfile.TemporaryDirectory() as elsewhere:
        python = str(place / "python")
        done = subprocess.run(
            [python, "-c", script], input=json.dumps(given), text=True, capture_output=True, check=False,
            cwd=elsewhere, env=environment(),
        )  # fmt: skip
    if done.returncode:
        print(f"{name} failed: {done.stderr[-300:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """Our environment, but with compiled modules kept: an installed program has them too."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
