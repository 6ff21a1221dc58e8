"""Each learner of games has a page that says what it measures, how it departs from its paper, and its score beside published ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlanimated import learn
from mlanimated.recipes import everything

LEARN = Path(learn.__file__).parent
PAGES = Path(__file__).parents[2] / "docs" / "learners"
HEADINGS = ["What it measures", "Departures", "Score beside published ones"]
PLAYS = re.compile(r"from mlanimated\.(games|envs)|learn\.(tasks|outcome_tasks|watched_games)|ten arms")


def plays(path: Path) -> bool:
    """Whether a module trains something that plays."""
    text = path.read_text(encoding="utf-8")
    return bool(re.search(r"^def train\(", text, re.MULTILINE) and PLAYS.search(text))


LEARNERS = sorted(path.stem for path in LEARN.glob("*.py") if plays(path))


@pytest.mark.parametrize("name", LEARNERS)
def test_each_learner_has_its_page(name: str) -> None:
    page = PAGES / f"{name}.md"
    assert page.exists(), f"write docs/learners/{name}.md: {', '.join(HEADINGS)}"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert f"mlanimated.learn.{name}" in text
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert all(len(part.split()) > 5 for part in parts)


def test_pages_name_what_there_is() -> None:
    assert {"bandits", "dqn", "reinforce", "soft_actor_critic", "temporal_difference"} <= set(LEARNERS)
    films = {recipe.name for recipe in everything()}
    for page in PAGES.glob("*.md"):
        assert (LEARN / f"{page.stem}.py").exists(), f"{page} is of no learner"
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"`mla film ([\w-]+)`", text):
            assert name in films, f"{page}: there is no film {name}"
        for name in re.findall(r"\]\((\w+)\.md\)", text):
            assert (PAGES / f"{name}.md").exists()
