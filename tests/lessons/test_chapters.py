"""The book's sources, without building them: no chapter lacks what a chapter must have, and every name in them exists."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlanimated.learn.arguments import make
from mlanimated.recipes import everything, find

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
CHAPTERS = sorted((BOOK / "chapters").glob("*.md"))
PAGES = sorted(path for path in BOOK.rglob("*.md"))
SHOWS = {"play", "show", "choose", "predict"}

chapters = pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])


def cells(path: Path) -> list[str]:
    """Return the code of a page's cells, without their tags."""
    found = re.findall(
        r"^```\{code-cell\}[^\n]*\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [re.sub(r"^:tags:.*\n", "", cell) for cell in found]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of `lessons` on a page with its name."""
    for cell in cells(path):
        for node in ast.walk(ast.parse(cell)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "lessons"
            ):
                yield node.func.attr, node


def arguments(call: ast.Call, leave_out: set[str]) -> dict[str, object]:
    """Return the keyword arguments of a call that are written out."""
    return {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg and each.arg not in leave_out}


def test_there_are_chapters() -> None:
    numbers = [int(path.stem.split("-")[0]) for path in CHAPTERS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 20


@chapters
def test_a_chapter_has_its_headline_its_code_its_questions_and_its_numbers(path: Path) -> None:
    made = list(calls(path))
    names = [name for name, _ in made]
    text = path.read_text(encoding="utf-8")
    first = next(call for name, call in made if name in SHOWS)
    assert any(each.arg == "headline" for each in first.keywords), "the first film begins by itself"
    assert "exercise" in names
    assert "numbers" in names
    assert "**What you will see.**" in text
    assert "## Read next" in text
    assert re.search(r"[Ii]nitialize", text)
    assert re.match(r"---\n.*?---\n+# \d+\. ", text, re.DOTALL), "a title with its number"
    assert f"# {int(path.stem.split('-')[0])}. " in text


@chapters
def test_its_films_exist_and_take_the_arguments_given(path: Path) -> None:
    for name, call in calls(path):
        if name not in {*SHOWS, "over_seeds"}:
            continue
        known = {"headline", "first", "choices", "right", "why", "at", "until", "seeds", "bar", "decimals"}
        if not isinstance(call.args[0], ast.Constant):
            continue
        recipe = find(ast.literal_eval(call.args[0]))
        make(recipe.arguments, arguments(call, known) if not _computed(call, known) else {})
        if name == "choose":
            among = ast.literal_eval(call.args[2])
            for value in among:
                make(recipe.arguments, {ast.literal_eval(call.args[1]): value})


def _computed(call: ast.Call, known: set[str]) -> bool:
    return any(
        each.arg not in known and not isinstance(each.value, ast.Constant | ast.UnaryOp) for each in call.keywords
    )


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for goal in re.findall(r"\]\((?!https?:)([^)#\s]+\.md)[^)]*\)", path.read_text(encoding="utf-8")):
        assert (path.parent / goal).is_file(), goal


def test_nearly_every_film_is_on_a_page() -> None:
    """A film that is newer than its chapter is named in the gallery all the same."""
    shown = {
        ast.literal_eval(call.args[0])
        for path in PAGES
        for name, call in calls(path)
        if name in SHOWS and isinstance(call.args[0], ast.Constant)
    }
    missing = {recipe.name for recipe in everything()} - shown
    assert len(missing) < 0.15 * len(everything()), f"no chapter shows {sorted(missing)}"


def test_a_film_names_the_chapter_that_shows_it() -> None:
    """`mla list` says in which chapter a film stands."""
    shown: dict[str, set[int]] = {}
    for path in CHAPTERS:
        for name, call in calls(path):
            if name in SHOWS and isinstance(call.args[0], ast.Constant):
                shown.setdefault(ast.literal_eval(call.args[0]), set()).add(int(path.stem[:2]))
    wrong = {
        recipe.name: recipe.chapter
        for recipe in everything()
        if recipe.chapter not in shown.get(recipe.name, {recipe.chapter})
    }
    assert not wrong


def test_what_was_promised_is_kept_where_the_table_says() -> None:
    rows = tomllib.loads((BOOK / "promised.toml").read_text(encoding="utf-8"))["row"]
    shown = {path.relative_to(BOOK).with_suffix("").as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
    for row in rows:
        page = shown[row["chapter"]]
        for film in row.get("films", ()):
            find(film)
            assert f'"{film}"' in page, f"{row['chapter']} does not show {film}"
        assert row.get("films") or row.get("commands"), row["what"]
        assert row["tests"], row["what"]
        for test in row["tests"]:
            assert (ROOT / test).is_file(), test
        for command in row.get("commands", ()):
            if command.startswith("python "):
                assert (ROOT / command.split()[1]).is_file(), command


def test_tests_of_what_was_promised_hold_tests() -> None:
    rows = tomllib.loads((BOOK / "promised.toml").read_text(encoding="utf-8"))["row"]
    for test in {test for row in rows for test in row["tests"]}:
        assert "\ndef test_" in (ROOT / test).read_text(encoding="utf-8"), test
