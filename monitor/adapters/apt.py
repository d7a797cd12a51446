"""Debian packages for a bare machine: only ever as root, where nobody else could be asked."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

from monitor.adapters import child

_UPDATE_SECONDS = 300
_INSTALL_SECONDS = 900
# Another apt may be at work on a machine that is being set up; waiting is better than failing.
_PATIENT = ("-o", "DPkg::Lock::Timeout=120")


def may_install() -> bool:
    """True for root on a system with apt-get."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str, say: Callable[[str], None]) -> bool:
    """Installs one package after refreshing the lists; says what it does and, in one line, what failed."""
    apt_get = shutil.which("apt-get") or "apt-get"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say(f"Installing {package} with apt-get; this can take some minutes.")
    # A list that cannot be refreshed may still name the package: the installation decides.
    child.run([apt_get, *_PATIENT, "update"], seconds=_UPDATE_SECONDS, env=env)
    done = child.run(
        [apt_get, *_PATIENT, "install", "-y", "--no-install-recommends", package],
        seconds=_INSTALL_SECONDS,
        env=env,
    )
    if not done.ok:
        say(f"apt-get could not install {package}: {done.reason}")
    return done.ok
