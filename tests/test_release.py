"""What a release needs stands where it must, and says the same everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import mlanimated as mla

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "src/mlanimated/__init__.py"
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == mla.__version__


def test_it_is_typed() -> None:
    assert (ROOT / "src/mlanimated/py.typed").exists()
    assert "Typing :: Typed" in PROJECT["project"]["classifiers"]


def test_every_extra_is_known_to_doctor_and_to_the_release_check() -> None:
    from mlanimated.cli.machine import EXTRAS

    extras = set(PROJECT["project"]["optional-dependencies"]) - {"all"}
    assert extras - {"book"} == set(EXTRAS)
    smoke = (ROOT / "scripts/release_smoke.py").read_text(encoding="utf-8")
    assert {name for name in extras if f'"{name}":' not in smoke} == set()
    inside = re.search(r"\[(.+)\]", PROJECT["project"]["optional-dependencies"]["all"][0])
    assert inside
    assert set(inside[1].split(",")) >= extras - {"book"}


@pytest.mark.parametrize(
    "name", ["SECURITY.md", "CITATION.cff", "Dockerfile", ".github/ISSUE_TEMPLATE/mistake.yml", "NOTICE"]
)
def test_what_a_repository_needs_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 300


def test_links_of_the_pages_lead_somewhere() -> None:
    pages = (
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        *(f"docs/{name}.md" for name in ("platforms", "plugins", "scale", "studio")),
    )
    for page in (ROOT / name for name in pages):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_example_plugin_names_what_there_is() -> None:
    plugin = tomllib.loads((ROOT / "examples/plugin/pyproject.toml").read_text(encoding="utf-8"))["project"]
    for group, entries in plugin["entry-points"].items():
        for value in entries.values():
            module, _, name = value.partition(":")
            file = ROOT / "examples/plugin/src" / Path(*module.split(".")).with_suffix(".py")
            assert not name or f"{name}" in file.read_text(encoding="utf-8"), (group, value)


def test_costs_are_those_of_the_cards() -> None:
    """docs/scale.md says what the agents that ship cost; their cards know."""
    import json

    page = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    for file in (ROOT / "src/mlanimated/agents/shipped").glob("*.json"):
        card = json.loads(file.read_text(encoding="utf-8"))
        row = re.search(rf"^\| `{card['name']}` .*\| ([\d,]+) \| ([\d.]+) CPU-minutes", page, re.MULTILINE)
        if row is None:
            continue
        assert int(row[1].replace(",", "")) == card["steps"], card["name"]
        assert float(row[2]) == pytest.approx(card["cpu_seconds"] / 60, rel=0.05, abs=0.6), card["name"]
