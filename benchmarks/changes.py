"""Small changes to a module of monitor/rules, one at a time, as a slip of the hand would make them.

A comparison with or without its equal, and for or, plus for minus, min for max, any for all, a number one higher, a
word misspelled, a not left out. Types, docstrings and texts of several words are not touched.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType

RULES = Path(__file__).parents[1] / "monitor" / "rules"

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


Step = tuple[str, int | None]
Path_ = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it stands, the lines by which its statement is come by, and what it makes of what."""

    module: str
    line: int
    lines: range
    change: str
    place: Path_
    after: ast.AST

    @property
    def path(self) -> Path:
        return path_of(self.module)

    def code(self) -> CodeType:
        """The whole changed module."""
        tree = _parsed(self.path)
        parent, (name, index) = _at(tree, self.place[:-1]), self.place[-1]
        if index is None:
            setattr(parent, name, self.after)
        else:
            getattr(parent, name)[index] = self.after
        return compile(ast.fix_missing_locations(tree), str(self.path), "exec")


def path_of(module: str) -> Path:
    """The file of `advise` or `texts.letters`."""
    return RULES.joinpath(*module.split(".")).with_suffix(".py")


@cache
def code_of(module: str) -> CodeType:
    """The module as it stands."""
    return compile(_parsed(path_of(module)), str(path_of(module)), "exec")


def mutants(module: str) -> Iterator[Mutant]:
    """Every change of one module, in the order of its lines."""
    tree = _parsed(path_of(module))
    for place in _places(tree):
        before = _at(tree, place)
        for change in _changes(before):
            after = change(copy.deepcopy(before))
            words = f"{ast.unparse(before)}  ->  {ast.unparse(after)}"
            yield Mutant(module, getattr(before, "lineno", 0), _lines(tree, place), words, place, after)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _lines(tree: ast.AST, place: Path_) -> range:
    """The lines of the statement or lambda around a place, of a compound statement its head."""
    around = [_at(tree, place[:end]) for end in range(len(place))]
    nearest = next(node for node in reversed(around) if isinstance(node, ast.stmt | ast.Lambda))
    body = getattr(nearest, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) else nearest.end_lineno or nearest.lineno
    return range(nearest.lineno, max(last, nearest.lineno) + 1)


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
