"""The house rules that no linter knows: who may import whom, how long a file may be, what is public."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
PACKAGE = "mlanimated"
OPEN, EVERYTHING = "open to all", "everything; nobody imports them"


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package goes by its folder's."""
    found: dict[str, Path] = {}
    for path in sorted((SOURCE / PACKAGE).rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imports(path: Path, known: frozenset[str] = frozenset(MODULES)) -> frozenset[str]:
    """Return what of ours a file imports: at the top, inside functions, for types alone, or by name through importlib."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{path}:{node.lineno}: import by the full name, as in 'from mlanimated.draw.box import Box'"
            )
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else str(node.module))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value and node.value in known
        ):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            prefix = str(node.values[0].value)
            if prefix.startswith(f"{PACKAGE}.") and prefix.endswith("."):
                found.update(name for name in known if name.startswith(prefix))
    return frozenset(name for name in found if name == PACKAGE or name.startswith(f"{PACKAGE}."))


def room(module: str) -> str:
    """Return the part of the house that a module stands in: mlanimated.draw.box is in draw, mlanimated itself is __init__."""
    return module.split(".")[1] if "." in module else "__init__"


def import_table() -> dict[str, str]:
    """Return the rooms and what each may import, from ARCHITECTURE.md itself, so that the document cannot fall behind."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split("## The import table", 1)[1]
    rows: dict[str, str] = {}
    for line in section.split("```")[1].strip().splitlines():
        match = re.fullmatch(r"(?P<rooms>\w+(?:, \w+)*)\s+(?:→ )?(?P<rule>.+)", line)
        assert match, f"ARCHITECTURE.md: no row of the import table: {line!r}"
        if match["rule"].startswith("use public names"):
            continue
        for name in match["rooms"].split(", "):
            assert name not in rows, f"ARCHITECTURE.md: {name} has two rows"
            rows[name] = match["rule"].strip()
    return rows


def allowed(table: dict[str, str]) -> dict[str, set[str]]:
    """Return the rooms that each room may import, itself and those open to all among them."""
    open_to_all = {name for name, rule in table.items() if rule == OPEN}
    closed = {name for name, rule in table.items() if rule == EVERYTHING}
    may: dict[str, set[str]] = {}
    for name, rule in table.items():
        if rule == EVERYTHING:
            named = set(table)
        elif rule in {OPEN, "nothing of ours"}:
            named = set[str]()
        else:
            named = set(rule.split(", "))
            assert named <= set(table), f"ARCHITECTURE.md: {name} may import {named - set(table)}, which has no row"
            assert not named & closed, f"ARCHITECTURE.md: nobody imports {named & closed}"
        may[name] = named | open_to_all | {name}
    return may


def trespasses(module: str, path: Path, may: dict[str, set[str]]) -> list[str]:
    """Return a line for each import that the table does not allow."""
    return [f"{module} imports {other}" for other in sorted(imports(path)) if room(other) not in may[room(module)]]


def test_the_table_names_every_room() -> None:
    assert set(import_table()) == {room(name) for name in MODULES}


def test_imports_keep_to_the_table() -> None:
    may = allowed(import_table())
    assert [line for module, path in MODULES.items() for line in trespasses(module, path, may)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import mlanimated.views.scene",
        "from mlanimated import views",
        "from mlanimated.views import scene",
        "def late():\n    from mlanimated.views.scene import Scene",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mlanimated.views.scene import Scene",
        "import importlib\nimportlib.import_module('mlanimated.views.scene')",
        "import importlib\nname = 'scene'\nimportlib.import_module(f'mlanimated.views.{name}')",
        "import mlanimated",
    ],
)
def test_a_forbidden_import_is_found(line: str, tmp_path: Path) -> None:
    path = tmp_path / "box.py"
    path.write_text(line)
    assert trespasses("mlanimated.draw.box", path, allowed(import_table()))


def test_an_allowed_import_is_not(tmp_path: Path) -> None:
    path = tmp_path / "scene.py"
    path.write_text("from mlanimated.draw.box import Box\nfrom mlanimated.errors import MlaError\n")
    assert not trespasses("mlanimated.views.scene", path, allowed(import_table()))


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of a cycle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_cycle() -> None:
    """Imports for types alone count: a class that two modules need belongs in a third."""
    assert circle({module: set(imports(path) - {module}) for module, path in MODULES.items()}) == []


def test_a_cycle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})


def test_examples_and_benchmarks_use_public_names_only() -> None:
    """They write what a user may write: `import mlanimated as mla`, and names that an `__all__` offers."""
    strays: list[str] = []
    for path in sorted([*ROOT.glob("examples/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]):
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] != PACKAGE:
                continue
            offered = exported(MODULES[str(node.module)]) or []
            strays += [
                f"{path.relative_to(ROOT)}:{node.lineno}: {alias.name} of {node.module}"
                for alias in node.names
                if alias.name not in offered and f"{node.module}.{alias.name}" not in MODULES
            ]
    assert strays == []


def exported(path: Path) -> list[str] | None:
    """Return a module's `__all__`, or None when it has none."""
    for node in parsed(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(goal, ast.Name) and goal.id == "__all__" for goal in node.targets
        ):
            return ast.literal_eval(node.value)
    return None


def order(name: str) -> tuple[int, str]:
    """CONSTANTS, Classes, functions; each by the alphabet."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("module", MODULES)
def test_what_is_public_is_listed(module: str) -> None:
    path = MODULES[module]
    tree = parsed(path)
    assert ast.get_docstring(tree), f"{path} does not begin by saying what it is"
    code = [node for node in tree.body[1:] if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
    names = exported(path)
    if path.stem.startswith("_") and (path.stem != "__init__" or not code):
        return
    assert names is not None, f"{path} has no __all__"
    assert names == sorted(names, key=order), f"{path}: sort __all__"
    undocumented = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names and not ast.get_docstring(node)
        if not any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)
    ]
    assert undocumented == [], f"{path}: no docstring"


@pytest.mark.parametrize("module", MODULES)
def test_files_are_short(module: str) -> None:
    """One concept a file; a longer one says in its docstring that it is "long because" of something."""
    path = MODULES[module]
    most = 300 if room(module) == "learn" else 400
    lines = len(path.read_text(encoding="utf-8").splitlines())
    reason = "long because" in (ast.get_docstring(parsed(path)) or "")
    assert lines <= most or reason, f"{path} has {lines} lines, {most} are allowed"


def test_constraints_are_plain_pins() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)] == []
    assert pins == sorted(pins, key=str.lower)
    assert "torch==2.13.0" in pins


def test_every_dependency_is_pinned_and_explained() -> None:
    """Each library in pyproject.toml has its pin, and its reason in ARCHITECTURE.md."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = [
        *project["project"]["dependencies"],
        *(name for group in project["dependency-groups"].values() for name in group),
    ]
    names = {re.split(r"[<>=!\[ ]", name)[0].lower().replace("_", "-") for name in needed}
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    assert names - pins == set()
    core = {re.split(r"[<>=!\[ ]", name)[0] for name in project["project"]["dependencies"]}
    reasons = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Why each dependency", 1)[1]
    assert {name for name in core if f"`{name}`" not in reasons} == set()


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    numbers = [tuple(map(int, re.match(r"(\d+)\.(\d+)\.(\d+)", heading).groups())) for heading in headings[1:]]  # type: ignore[union-attr]
    assert numbers == sorted(numbers, reverse=True)
