"""Entry point: runs the command line and turns whatever goes wrong into one sentence and the right exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path

# Only the exceptions a user can do something about, by name: importing their modules would slow every start.
_USAGE = frozenset({"ConfigError", "BadValue"})
_TOLD = frozenset({
    "UnknownOrder", "StoreTrouble", "StoreDamaged", "StoreGone", "StoreUnfit", "NotEnoughKnown", "AlreadyRunning",
    "PortTaken", "NoBrowser", "NoDisplay", "BadPhoto", "LedgerUnusable", "BrowserBusy", "BrowserFailed", "NotWritten",
    "SecretExposed", "BrowserStuck", "ServiceFailed", "NotJudged",
})  # fmt: skip


def main() -> None:
    """`parcelwarden` and `python -m monitor`."""
    try:
        _run()
    except KeyboardInterrupt:  # also while modules are loaded, which is half of a short command
        sys.exit(130)


def _run() -> None:
    # What is loaded stays: to look through it for garbage after every 700 new objects takes a tenth of a start.
    gc.set_threshold(20_000)
    _streams()
    import click

    from monitor.cli import app

    os.umask(0o077)  # whatever this program writes is its owner's alone
    try:
        try:
            sys.exit(app.main(prog_name="parcelwarden", standalone_mode=False))
        finally:
            sys.stdout.flush()  # what cannot be written is told here, not by Python when all is over
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except click.Abort as ended:
        sys.exit(130 if isinstance(ended.__context__, KeyboardInterrupt) else "Aborted!")
    except BrokenPipeError:  # the reader of our output went away: nobody to tell
        _print_no_more()
        sys.exit(1)
    except Exception as error:
        name = type(error).__name__
        if isinstance(error, OSError) and error.filename is None and (why := _not_printed()):
            _print_no_more()
            _say(f"What was to be printed could not be written ({why}); what was done before is kept.")
            sys.exit(1)
        if os.environ.get("PARCELWARDEN_DEBUG"):
            raise
        if name in _USAGE | _TOLD:
            _say(str(error))
            sys.exit(2 if name in _USAGE else 1)
        _say(
            f"An unexpected fault ({name}); nothing stored was lost. With PARCELWARDEN_DEBUG=1 it shows where."
        )
        sys.exit(1)


def _not_printed() -> str:
    """Why stdout takes no more, as on a full disk; "" where it takes a further line."""
    try:
        sys.stdout.flush()
        os.write(sys.stdout.fileno(), b"\n")  # where Python keeps nothing back there was nothing to flush
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _print_no_more() -> None:
    """What stdout did not take leads nowhere: at the end Python would try it once more, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _streams() -> None:
    """Streams that take whatever is printed.

    One that was closed before us (pythonw.exe as a Windows task, `>&-`) leads nowhere, opened here before any file of
    ours gets its number. A sign that the code page of a pipe on Windows does not know is printed as "?".
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the end
        elif name == "stdout" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _say(sentence: str) -> None:
    from monitor.harmless import harmless

    sys.stderr.write(f"parcelwarden: {harmless(sentence)}\n")


if __name__ == "__main__":
    main()
