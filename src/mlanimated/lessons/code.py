"""Code: a slice of the real file. What a page shows is what ran."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlanimated.errors import MlaError, did_you_mean

__all__ = ["Code", "code"]

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Code:
    """Lines of a file.

    Attributes:
        text: The lines, moved to the left.
        path: The file within the package, "learn/gradient_descent.py".
        first: The number of the first line.
        last: The number of the last line.
    """

    text: str
    path: str
    first: int
    last: int

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it for a notebook's cell or a page, which colours it."""
        where = f"*mlanimated/{self.path}, lines {self.first} to {self.last}*"
        return {"text/markdown": f"```python\n{self.text}\n```\n\n{where}", "text/plain": self.text}


def code(module: str, name: str = "", *, start: str = "", stop: str = "") -> Code:
    """Return a slice of a module's own file, whole lines, found by name or by what the lines say.

        lessons.code("learn.gradient_descent", "outcome")                         # a function or class, less its docstring
        lessons.code("learn.gradient_descent", start="x = xs[-1]", stop="keep(")  # from one line to another

    Args:
        module: The module, from the package on: "learn.gradient_descent".
        name: A function, class or method ("Story.tell"); "" for the whole file.
        start: The slice begins with the first line that contains this.
        stop: It ends with the first line from there on that contains this.

    Raises:
        MlaError: There is no such module, name or line.
    """
    path = _file(module)
    lines = path.read_text(encoding="utf-8").splitlines()
    first, last, left_out = _named(path, name, lines)
    if start or stop:
        left_out = range(0)
    if start:
        first = _line(path, lines, start, first, last)
    if stop:
        last = _line(path, lines, stop, first, last)
    kept = [lines[number - 1] for number in range(first, last + 1) if number not in left_out]
    inside = path.as_posix().rpartition("mlanimated/")[2]
    return Code(textwrap.dedent("\n".join(kept)).strip("\n"), inside, first, last)


def _file(module: str) -> Path:
    """Return a module's file."""
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    known = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.rglob("*.py")]
    raise MlaError(f"mlanimated has no module {module!r}.{did_you_mean(module, known)}")


def _named(path: Path, name: str, lines: list[str]) -> tuple[int, int, range]:
    """Return first and last line of what has a name, and the lines of its docstring."""
    if not name:
        return 1, len(lines), range(0)
    nodes: dict[str, ast.FunctionDef | ast.ClassDef] = {}

    def note(parent: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                nodes[f"{prefix}{node.name}"] = node
                note(node, f"{prefix}{node.name}.")

    note(ast.parse("\n".join(lines)), "")
    if name not in nodes:
        raise MlaError(f"{path.name} has no {name!r}.{did_you_mean(name, nodes)}")
    node = nodes[name]
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    begin = node.body[0]
    said = isinstance(begin, ast.Expr) and isinstance(begin.value, ast.Constant) and isinstance(begin.value.value, str)
    docstring = range(begin.lineno, (begin.end_lineno or begin.lineno) + 1) if said and len(node.body) > 1 else range(0)
    return first, node.end_lineno or node.lineno, docstring


def _line(path: Path, lines: list[str], words: str, first: int, last: int) -> int:
    """Return the number of the first line in a stretch that contains some words."""
    for number in range(first, last + 1):
        if words in lines[number - 1]:
            return number
    raise MlaError(f"{path.name} has no line with {words!r} between lines {first} and {last}.")
