"""Panels of several runs, one of which has only begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mlanimated as mla
from mlanimated.draw.commands import Text
from mlanimated.studio.drawing import Artist, Look
from mlanimated.studio.panels import Panel
from mlanimated.studio.studio import Studio


def texts(node: object) -> list[str]:
    """Return all words below a command or a frame."""
    if isinstance(node, Text):
        return [node.text]
    return [text for child in getattr(node, "children", ()) for text in texts(child)]


@pytest.mark.parametrize("at", [None, 2.0])
@pytest.mark.parametrize("align", ["step", "progress"])
def test_a_run_that_has_only_begun_stands_beside_others(
    studio: Studio, write: Callable[..., Path], folder: Path, at: float | None, align: str
) -> None:
    write()
    with mla.Recorder(folder / "empty.mla"):
        studio.folder.look()
        runs = tuple(studio.runs.fresh(name) for name in ("mine", "empty"))
        panel = Panel.checked({"kind": "lines", "series": ["train/loss"]})
        for order in (runs, runs[:1]):
            frame = Artist().frame(Look(tuple(run.id for run in order), align, panel, 640), order, at)
            assert not any("cannot be drawn" in text or "recorded here" in text for text in texts(frame)), texts(frame)
        alone = Artist().frame(Look(("empty",), align, panel, 640), runs[1:], at)
        assert any("recorded here" in text for text in texts(alone)), texts(alone)
