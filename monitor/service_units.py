"""What the system is told to run: the units of systemd, launchd and the Windows Task Scheduler, from paths alone.

Each gets two: the daemon, started again whenever it ends, and a second, independent look at the same store every half
hour, for the time when the daemon does not run.
"""

from __future__ import annotations

import plistlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape

_TEMPLATES = Path(__file__).with_name("templates") / "service"
# Control characters, and what stands for bytes that are no UTF-8.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class UnfitPath(ValueError):
    """A path that no unit can name; the message says which."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The words of the two commands, absolute paths throughout."""

    run: tuple[str, ...]
    check: tuple[str, ...]


def programs(python: Path, config: Path | None, data_dir: Path) -> Programs:
    """The commands of an installation. Raises UnfitPath.

    `-P` keeps a folder called monitor, where the system happens to start us, from being taken for ours.
    """
    known = ("--config", str(config)) if config else ()
    words = (str(python), "-P", "-m", "monitor", *known, "--data-dir", str(data_dir))
    for word in words:
        if _UNFIT.search(word):
            raise UnfitPath(
                f"{word!r} cannot be named in a service: choose a path in UTF-8 without control characters."
            )
    return Programs((*words, "run"), (*words, "check", "--due"))


def systemd(commands: Programs) -> dict[str, str]:
    """File name -> unit."""
    names = ("parcelwarden.service", "parcelwarden-check.service", "parcelwarden-check.timer")
    words = {"run": _exec(commands.run), "check": _exec(commands.check)}
    return {name: Template((_TEMPLATES / name).read_text("utf-8")).substitute(words) for name in names}


def launchd(commands: Programs) -> dict[str, str]:
    """Label -> property list. A RunAtLoad of the check would come on top of the daemon's own first tick."""
    agents = {
        "parcelwarden.run": {
            "ProgramArguments": list(commands.run),
            "RunAtLoad": True,
            "KeepAlive": True,
            "ThrottleInterval": 30,
            "ExitTimeOut": 15,
        },
        "parcelwarden.check": {"ProgramArguments": list(commands.check), "StartInterval": 1800},
    }
    common = {"ProcessType": "Background", "Umask": 0o077}
    return {
        label: plistlib.dumps({"Label": label, **agent, **common}).decode() for label, agent in agents.items()
    }


def task_scheduler(commands: Programs, user: str) -> dict[str, str]:
    """Task name -> XML; `user` as DOMAIN\\NAME."""

    def task(template: str, words: Sequence[str]) -> str:
        values = {"user": user, "command": words[0], "arguments": subprocess.list2cmdline(words[1:])}
        text = Template((_TEMPLATES / template).read_text("utf-8"))
        return text.substitute({name: escape(value) for name, value in values.items()})

    return {
        r"parcelwarden\run": task("run.xml", commands.run),
        r"parcelwarden\check": task("check.xml", commands.check),
    }


def _exec(words: Sequence[str]) -> str:
    """Words for ExecStart= (systemd.service(5), "Command lines"): each quoted, and no `%`, `$` or `\\` left to mean
    something. In the first word, the program, `$` means nothing."""
    quoted = [re.sub(r'([\\"])', r"\\\1", word).replace("%", "%%") for word in words]
    return " ".join(f'"{word}"' for word in [quoted[0], *(word.replace("$", "$$") for word in quoted[1:])])
