"""How well the tests hold the rules: small changes to monitor/rules, and which of them no test notices.

    python benchmarks/mutants.py [MODULE ...]     e.g. advise assess; without names all of them
    options: --jobs N, --list (only count)

Each change is made in memory, in a forked process that imports the changed module and runs the rules' own test files
in it until the first failure. POSIX only.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import importlib.abc
import importlib.util
import os
import pkgutil
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
RULES = ROOT / "monitor" / "rules"
# The quick ones first: most changes are found there.
TESTS = (
    "test_rules_boundaries", "test_advice_boundaries", "test_deadline_boundaries", "test_advise", "test_notices",
    "test_deadline_table", "test_assess", "test_protection", "test_moved_dates", "test_patience", "test_profiles",
    "test_timeline", "test_schedule", "test_clock", "test_telling", "test_reading_rules", "test_rules_properties",
)  # fmt: skip
# Not measured here, for their tests need more than the rules: letters, the page made from the table, calendars, offers.
LEFT_OUT = frozenset({"__init__", "draft", "for_buyers", "agenda", "vetting"})
SECONDS = 120  # a change that makes a loop endless ends here, and counts as noticed

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it stands, what it makes of it, and the whole changed module."""

    module: str
    line: int
    change: str
    tree: ast.Module


def mutants(module: str) -> Iterator[Mutant]:
    """Every change of one module, in the order of its lines."""
    source = (RULES / f"{module}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    for path in list(_places(tree)):
        for change in _changes(_at(tree, path)):
            changed = copy.deepcopy(tree)
            before = _at(changed, path)
            after = change(copy.deepcopy(before))
            words = f"{ast.unparse(before)}  ->  {ast.unparse(after)}"
            line = getattr(before, "lineno", 0)
            parent, name, index = _at(changed, path[:-1]), *path[-1]
            if index is None:
                setattr(parent, name, after)
            else:
                getattr(parent, name)[index] = after
            yield Mutant(module, line, words, ast.fix_missing_locations(changed))


Step = tuple[str, int | None]
Path_ = tuple[Step, ...]


def _at(tree: ast.AST, path: Path_) -> ast.AST:
    node = tree
    for name, index in path:
        child = getattr(node, name)
        node = child if index is None else child[index]
    return node


def _places(node: ast.AST, path: Path_ = ()) -> Iterator[Path_]:
    """Where a change can be made; types, docstrings and decorators are none of the program's doing."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases") or _is_type(node, name):
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_docstring(child) or isinstance(child, ast.JoinedStr):
                continue
            here: Path_ = (*path, (name, index if isinstance(value, list) else None))
            if isinstance(child, ast.expr):
                yield here
            yield from _places(child, here)


def _is_type(node: ast.AST, field: str) -> bool:
    """Whether a field holds a type: Literal["a"], cast("T", x), Test = Callable[[F], bool]."""
    if isinstance(node, ast.Subscript) and field == "slice":
        return isinstance(node.value, ast.Name) and node.value.id[0].isupper()
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast"


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


Change = Callable[[ast.AST], ast.AST]


def _changes(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                yield _compared(at, _COMPARED[type(op)])
        case ast.BoolOp():
            yield _joined
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield lambda n: n.operand  # type: ignore[attr-defined]  # matched above
        case ast.BinOp(op=op) if type(op) in _COUNTED:
            yield _counted(_COUNTED[type(op)])
        case ast.IfExp(test=test) if not isinstance(test, ast.Compare):
            yield _turned
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield _called(_CALLED[name])
        case ast.Constant(value=bool(value)):
            yield _constant(not value)
        case ast.Constant(value=int(value)):
            yield _constant(value + 1)
        case ast.Constant(value=str(value)) if _WORD.fullmatch(value):
            yield _constant(f"XX{value}")
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()) | ast.Call():
            pass


def _compared(at: int, op: type[ast.cmpop]) -> Change:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Compare)
        node.ops[at] = op()
        return node

    return change


def _joined(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BoolOp)
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    return node


def _counted(op: type[ast.operator]) -> Change:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.BinOp)
        node.op = op()
        return node

    return change


def _turned(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.IfExp)
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _called(name: str) -> Change:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.func = ast.Name(name, ast.Load())
        return node

    return change


def _constant(value: object) -> Change:
    return lambda node: ast.copy_location(ast.Constant(value), node)  # type: ignore[arg-type]  # bool, int or str


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed module to whoever imports it."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"monitor.rules.{mutant.module}"
        self.origin = str(RULES / f"{mutant.module}.py")
        self.code = compile(mutant.tree, self.origin, "exec")

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self, origin=self.origin) if name == self.name else None

    def create_module(self, _: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def noticed(mutant: Mutant | None, files: Sequence[str]) -> int:
    """Starts the tests on one change; returns the process, whose end tells whether any failed."""
    child = os.fork()
    if child:
        return child
    try:
        signal.alarm(SECONDS)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        if mutant is not None:
            sys.meta_path.insert(0, _Changed(mutant))
        import pytest

        os._exit(
            int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--noconftest", "--assert=plain", *files]))
            != 0
        )
    except BaseException:  # noqa: BLE001 - a change that breaks the import is a change that is noticed
        os._exit(1)


def measure(wanted: Sequence[Mutant], files: Sequence[str], jobs: int) -> list[Mutant]:
    """The changes nobody notices."""
    running: dict[int, Mutant] = {}
    survived: list[Mutant] = []
    left = list(reversed(wanted))
    while left or running:
        while left and len(running) < jobs:
            mutant = left.pop()
            running[noticed(mutant, files)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if status == 0:
            survived.append(mutant)
            print(f"  survived  {mutant.module}.py:{mutant.line}: {mutant.change}"[:200], flush=True)
    return survived


def _import_what_stays() -> None:
    """Everything a child needs and no change touches is imported once."""
    import hypothesis
    import pytest  # noqa: F401

    import scrapers

    hypothesis.settings.register_profile(
        "mutants", max_examples=20, deadline=None, database=None, derandomize=True
    )
    hypothesis.settings.load_profile("mutants")
    for found in pkgutil.walk_packages(scrapers.__path__, "scrapers."):
        importlib.import_module(found.name)
    with contextlib.suppress(ImportError):
        importlib.import_module("holidays").country_holidays("CN", years=2026)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    names = asked.modules or sorted(p.stem for p in RULES.glob("*.py") if p.stem not in LEFT_OUT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    os.chdir(ROOT)
    files = [f"tests/{name}.py" for name in TESTS if (ROOT / "tests" / f"{name}.py").exists()]
    if asked.list:
        for name in names:
            print(f"{name:12} {sum(1 for _ in mutants(name)):5}")
        return 0
    _import_what_stays()
    _, status = os.waitpid(noticed(None, files), 0)
    if status:
        print("The tests fail without any change: nothing can be measured.")
        return 1
    total = lost = 0
    for name in names:
        began, made = time.monotonic(), list(mutants(name))
        survived = measure(made, files, asked.jobs)
        total, lost = total + len(made), lost + len(survived)
        share = 100 - 100 * len(survived) / max(len(made), 1)
        print(f"{name:12} {len(made):5} changes, {len(survived):4} survived, {share:5.1f} % noticed,"
              f" {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    print(
        f"{'all':12} {total:5} changes, {lost:4} survived, {100 - 100 * lost / max(total, 1):5.1f} % noticed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
