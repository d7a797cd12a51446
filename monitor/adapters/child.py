"""A child process that cannot outlive its time limit, nor the caller's patience (Ctrl-C)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

_GRACE_SECONDS = 5
# Those under way: a program that ends in a hurry has to end them, since each leads a session of its own.
_under_way: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True, slots=True)
class Finished:
    """`code` is the exit code, None where the program could not be started or was stopped at its time limit."""

    code: int | None
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def reason(self) -> str:
        """The line that most likely says what went wrong: the first that speaks of an error, else the last."""
        lines = [line.strip() for line in (self.errors or self.output).splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("Error:", "E:", "error:"))]
        return (telling or lines[-1:] or ["no reason given"])[0][:200]


def run(
    argv: Sequence[str],
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    meanwhile: Callable[[], bool] = lambda: False,
) -> Finished:
    """Runs `argv` without input; after `seconds`, or on Ctrl-C, it and all it started are ended. Raises no OSError.

    `meanwhile` is called every second; it is ended as well once that returns True.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - callers pass fixed programs, no shell is involved
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return Finished(None, "", error.strerror or "it could not be started")
    _under_way.add(process)
    with process:
        try:
            answer = _wait(process, seconds, meanwhile)
        finally:
            stop(process)
            _under_way.discard(process)
    if answer is None:
        return Finished(None, "", f"stopped after {seconds:.0f} seconds")
    return Finished(process.returncode, *answer)


def _wait(
    process: subprocess.Popen[str], seconds: float, meanwhile: Callable[[], bool]
) -> tuple[str, str] | None:
    """What it wrote, None where it was still running when its time was over or `meanwhile` wanted no more.

    One that ended is not waited for because of what it left running, which may hold its output open for hours.
    """
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0 and not meanwhile():
        ended = process.poll() is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=min(1.0, left))
        if ended:
            return "", ""
    return None


def stop(process: subprocess.Popen[str]) -> None:
    """Asks a process started in its own session, and all it started, to end; insists after a grace time."""
    if process.poll() is not None:
        return
    _signal(process, "SIGTERM")
    try:
        process.wait(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, "SIGKILL")
        process.wait()


def end_all() -> None:
    """Ends, at once, every child under way and all it started: for a program that waits for nothing any more."""
    for process in list(_under_way):
        if process.poll() is None:
            _signal(process, "SIGKILL")


def _signal(process: subprocess.Popen[str], name: str) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, getattr(signal, name))
