"""How well the tests hold the rules: small changes to monitor/rules, and which of them no test notices.

    python benchmarks/mutants.py [MODULE ...]     e.g. advise texts.letters; without names all of them
    options: --jobs N, --list (only count), --minutes N (as many as fit in that time, and half of it for imports)

A change inside a function is put into a process forked after the tests were collected, which runs the tests that come
by its line, the quick ones first, until one fails. Any other change (a table, a default) needs its own import: a
process forked before, which collects and runs the test files. A function that had run before the tests began gets both.
Properties that draw their examples are left out: what they notice by chance, a table is to hold. So are tests with
fixtures: rules are pure, and a file or a browser could fail by itself. POSIX only.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import json
import math
import os
import pkgutil
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
from changes import RULES, Mutant, code_of, mutants

ROOT = RULES.parents[1]
# In an order that finds most changes early.
TESTS = (
    "test_rules_boundaries", "test_advice_boundaries", "test_deadline_boundaries", "test_advise", "test_notices",
    "test_deadline_table", "test_assess", "test_protection", "test_moved_dates", "test_patience", "test_profiles",
    "test_timeline", "test_schedule", "test_clock", "test_telling", "test_reading_rules", "test_draft", "test_export",
    "test_vet", "test_ahead",
)  # fmt: skip
FEW = 4  # this many of the files are tried first where every process has to collect its own
SURVIVED, NOTICED, NEEDS_IMPORT, NOT_TRIED = range(4)  # how the process of a change ends
CPU_SECONDS = 60  # a change that makes a loop endless ends here, and counts as noticed; all tests take less
QUIET = (
    "-n0",
    "-x",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:faulthandler",
    "--noconftest",
    "--assert=plain",
)

CodeKey = tuple[str, int, tuple[object, ...]]


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed module to whoever imports it."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"monitor.rules.{mutant.module}"
        self.origin = str(mutant.path)
        self.code = mutant.code()

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self, origin=self.origin) if name == self.name else None

    def create_module(self, _: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self.origin
        exec(self.code, module.__dict__)


class Collected:
    """A pytest plugin: instead of running the collected tests it finds who comes by which line, and measures."""

    def __init__(self, wanted: Sequence[Mutant], jobs: int, minutes: float) -> None:
        self.wanted, self.jobs, self.minutes = wanted, jobs, minutes
        self.ends: list[int] = []
        self.ran_before: set[CodeKey] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _counts(item)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.settrace(None)
        self.items = session.items
        self.by_line = self._coverage()
        print(f"{len(self.items)} tests", flush=True)
        self.functions = _functions()
        self.caches = [o for o in gc.get_objects() if isinstance(o, type(code_of))]  # lru_cache's
        for module in {mutant.module for mutant in self.wanted}:
            code_of(module)
        gc.freeze()  # what all share is copied into no process
        work = [functools.partial(self._try, mutant) for mutant in self.wanted]
        self.ends = forked(work, self.jobs, self.minutes, lambda at: print(said(self.wanted[at]), flush=True))
        return True

    def _try(self, mutant: Mutant) -> int:
        swaps = list(_swaps(mutant, self.functions))
        if not swaps:
            return NEEDS_IMPORT
        ran_before = any(_key(function.__code__) in self.ran_before for function, _ in swaps)
        for function, code in swaps:
            function.__code__ = code
        for cache in self.caches:
            cache.cache_clear()
        met = {at for line in mutant.lines for at in self.by_line.get(f"{mutant.path}:{line}", ())}
        chosen = [item for at, item in enumerate(self.items) if at in met]
        if all(_passes(chosen, quick_first=self.seconds)):
            return NEEDS_IMPORT if ran_before else SURVIVED
        return NOTICED

    def _coverage(self) -> dict[str, list[int]]:
        """Runs every test once, in a process of its own; which of them come by a line, and how long each takes."""
        with tempfile.NamedTemporaryFile("r+", suffix=".json") as file:

            def look() -> int:
                by_line: dict[str, list[int]] = defaultdict(list)
                seconds: dict[str, float] = {}
                for at, item in enumerate(self.items):
                    lines: set[str] = set()
                    sys.settrace(_tracer(lines.add))
                    began = time.monotonic()
                    passed = all(_passes([item]))
                    sys.settrace(None)
                    if not passed:
                        Path(file.name).write_text(json.dumps(item.nodeid))
                        return NOTICED
                    seconds[item.nodeid] = time.monotonic() - began
                    for line in lines:
                        by_line[line].append(at)
                Path(file.name).write_text(json.dumps([by_line, seconds]))
                return SURVIVED

            (end,) = forked([look], 1, math.inf, seconds=600)
            found = json.load(file)
        if end != SURVIVED:
            raise SystemExit(f"{found} fails without any change: nothing can be measured.")
        self.seconds = found[1]
        return found[0]  # type: ignore[no-any-return]  # what look() wrote


def _counts(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or hasattr(item.obj, "hypothesis"):
        return False
    rows = item.callspec.params if hasattr(item, "callspec") else {}
    return not set(item.fixturenames) - set(rows) - {"request"}


def _passes(items: Sequence[pytest.Item], quick_first: dict[str, float] | None = None) -> Iterator[bool]:
    """Runs tests one by one, as pytest would."""
    from _pytest.runner import runtestprotocol

    chosen = sorted(items, key=lambda item: quick_first[item.nodeid]) if quick_first else items
    for item in chosen:
        # without a next test every fixture is taken down again, so the order is free
        yield not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _tracer(see: Callable[[str], None]) -> Callable[[FrameType, str, object], Any]:
    home = str(RULES)

    def line(frame: FrameType, _: str, __: object) -> Any:
        see(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return line

    return lambda frame, *_: line(frame, "call", None) if frame.f_code.co_filename.startswith(home) else None


def _key(code: CodeType) -> CodeKey:
    return f"{code.co_filename}:{code.co_qualname}", code.co_firstlineno, tuple(code.co_positions())


def _functions() -> dict[CodeKey, list[FunctionType]]:
    """The live functions of the rules, by their code."""
    found: dict[CodeKey, list[FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(RULES)):
            found[_key(thing.__code__)].append(thing)
    return found


def _swaps(
    mutant: Mutant, live: dict[CodeKey, list[FunctionType]]
) -> Iterator[tuple[FunctionType, CodeType]]:
    """The functions a change is in, each with its new code; none where it is in no function."""
    for old, new in _pairs(code_of(mutant.module), mutant.code()):
        if old != new:
            yield from ((function, new) for function in live.get(_key(old), ()))


def _pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    inner = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (before, after))
    for old, new in zip(*inner, strict=True):
        yield old, new
        yield from _pairs(old, new)


def forked(
    work: Sequence[Callable[[], int]],
    jobs: int,
    minutes: float,
    survived: Callable[[int], None] = lambda _: None,
    *,
    seconds: int = CPU_SECONDS,
) -> list[int]:
    """Does each piece in a process of its own, some at a time and until the minutes are over; how each ended.

    `seconds` of work end a piece, which counts as noticed.
    """
    running: dict[int, int] = {}
    ends = [NOT_TRIED] * len(work)
    left = list(reversed(range(len(work))))
    until = time.monotonic() + 60 * minutes
    while running or (left and time.monotonic() < until):
        while left and len(running) < jobs and time.monotonic() < until:
            at = left.pop()
            if child := os.fork():
                running[child] = at
            else:
                _end_with(work[at], seconds)
        child, status = os.wait()
        at = running.pop(child)
        # One that a signal ended did not end by itself: its change was noticed.
        ends[at] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else NOTICED
        if ends[at] == SURVIVED:
            survived(at)
    return ends


def _end_with(piece: Callable[[], int], seconds: int) -> None:
    """Ends this process by what the piece says; one that raises was noticed."""
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)  # the time it works, not the time it waits for its turn
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        os._exit(piece())
    except BaseException:  # noqa: BLE001 - a change that breaks the import is a change that is noticed
        os._exit(NOTICED)


def in_functions(wanted: Sequence[Mutant], files: Sequence[str], jobs: int, minutes: float) -> list[int]:
    """How each change ended, as far as it can be told without an import of its own."""
    with tempfile.NamedTemporaryFile("r+", suffix=".json") as file:
        child = os.fork()
        if not child:
            plugin = Collected(wanted, jobs, minutes)

            def ran(frame: FrameType, *_: object) -> None:
                if frame.f_code.co_filename.startswith(str(RULES)):
                    plugin.ran_before.add(_key(frame.f_code))

            try:
                sys.settrace(ran)  # until the tests are collected
                if pytest.main([*QUIET, "-s", *files], [plugin]) not in (0, 5):
                    os._exit(1)
                Path(file.name).write_text(json.dumps(plugin.ends))
                os._exit(0)
            except BaseException as failure:  # noqa: BLE001 - said, and this process ends here in any case
                print(failure, file=sys.stderr, flush=True)
                os._exit(1)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(1)
        ends: list[int] = json.load(file)
    return ends


def imported(mutant: Mutant, files: Sequence[str]) -> int:
    """Imports the changed module and runs the files, in this process."""
    sys.meta_path.insert(0, _Changed(mutant))
    chunks = [chunk for chunk in (files[:FEW], files[FEW : 3 * FEW], files[3 * FEW :]) if chunk]
    failed = any(pytest.main([*QUIET, *chunk], [Collectable()]) != 0 for chunk in chunks)
    return NOTICED if failed else SURVIVED


class Collectable:
    """A pytest plugin: only the tests that count here."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _counts(item)]


def _import_what_stays() -> None:
    """Everything a child needs and no change touches is imported once."""
    import scrapers

    for found in pkgutil.walk_packages(scrapers.__path__, "scrapers."):
        importlib.import_module(found.name)
    for name in ("hypothesis", "bs4", "icalendar", "vobject", "holidays"):
        importlib.import_module(name)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--minutes", type=float, metavar="N", default=math.inf)
    asked = parser.parse_args()
    names = asked.modules or modules()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    os.chdir(ROOT)
    made = {name: list(mutants(name)) for name in names}
    if asked.list:
        for name in names:
            print(f"{name:16} {len(made[name]):5}")
        return 0
    chosen = [mutant for name in names for mutant in made[name]]
    if asked.minutes < math.inf:  # what is tried is a sample then
        random.Random(1).shuffle(chosen)
    files = [f"tests/{name}.py" for name in TESTS if (ROOT / "tests" / f"{name}.py").exists()]
    _import_what_stays()
    ends = in_functions(chosen, files, asked.jobs, asked.minutes)
    again = [at for at, end in enumerate(ends) if end == NEEDS_IMPORT]
    print(f"{len(again)} changes need an import of their own", flush=True)
    imports = [functools.partial(imported, chosen[at], files) for at in again]
    ended = forked(
        imports, asked.jobs, asked.minutes / 2, lambda n: print(said(chosen[again[n]]), flush=True)
    )
    for at, end in zip(again, ended, strict=True):
        ends[at] = end
    report(names, chosen, ends)
    return 0


def modules() -> list[str]:
    found = (path.relative_to(RULES).with_suffix("").parts for path in RULES.rglob("*.py"))
    return sorted(".".join(parts) for parts in found if parts[-1] != "__init__")


def said(mutant: Mutant) -> str:
    return f"  survived  {mutant.module}:{mutant.line}: {mutant.change}"[:200]


def report(names: Sequence[str], chosen: Sequence[Mutant], ends: Sequence[int]) -> None:
    for name in [*names, "all"]:
        of_it = [end for mutant, end in zip(chosen, ends, strict=True) if name in (mutant.module, "all")]
        tried, lost = len(of_it) - of_it.count(NOT_TRIED), of_it.count(SURVIVED)
        share = 100 - 100 * lost / max(tried, 1)
        print(f"{name:16} {tried:5} of {len(of_it):5} tried, {lost:4} survived, {share:5.1f} % noticed")


if __name__ == "__main__":
    sys.exit(main())
