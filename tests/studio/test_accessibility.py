"""axe-core finds nothing serious on any page, wide and phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mlanimated as mla

axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.slow

PAGES = {
    "list": "/",
    "run": "/watch?run=mine",
    "compare": "/watch?run=mine&run=other",
    "board": "/board",
    "docs": "/docs",
    "nothing": "/nowhere",
    "play": "/play",
    "grid world": "/play/grid-world",
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["wide", "phone"])
def test_axe_finds_nothing_serious(
    chromium, served: int, write: Callable[..., Path], folder: Path, theme: Any, size: tuple[int, int]
) -> None:
    write("mine")
    write("other", steps=9)
    with mla.Recorder(folder / "mine-too.mla") as recorder:
        recorder.control("learning_rate", 0.1, 0.0, 1.0)
        recorder.log({"loss": 1.0}, step=0)
        recorder.flush()
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, base_url=f"http://127.0.0.1:{served}", color_scheme=theme
        )
        page = context.new_page()
        page.request.post("/api/v1/cells", data={"name": "one", "type": "html", "value": "<html lang=en><p>1</p>"})
        found: list[str] = []
        for name, path in {**PAGES, "hand": "/watch?run=mine-too"}.items():
            page.goto(path)
            if "/watch" in path:
                page.wait_for_selector(".panel.ready", timeout=60_000)
                if name == "hand":
                    page.click("#aside-button")
            found += faults(page, name)
            if name == "run":
                for button in ("?", "s"):
                    page.keyboard.press(button)
                    found += faults(page, f"{name} {button}")
                    page.keyboard.press("Escape")
        context.close()
    assert not found, "\n".join(found)


def faults(page: Any, name: str) -> list[str]:
    """What axe-core finds that is serious or worse."""
    told = axe.Axe().run(page, options=RULES).response["violations"]
    return [
        f"{name}: {each['id']} ({each['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in told
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"][:4]
    ]
