from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Mapped, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.table import Table

ROWS = tuple(f"state {index}" for index in range(6))
COLUMNS = ("left", "down", "right", "up")
TABLES = [np.arange(24.0).reshape(6, 4) * step / 10 - 1 for step in range(5)]
TRACE = trace_of({step: {"q": table, "state": step, "cell": np.array([step, 1])} for step, table in enumerate(TABLES)})
VIEW = Table("q", rows=ROWS, columns=COLUMNS, tint="diverging", highlight="each row", marked="state")


def grounds(commands) -> list[Rect]:
    return [rect for rect in find(commands, Rect, "cells") if rect.fill is not None]


def test_cells_show_the_recorded_numbers_in_their_places() -> None:
    commands = VIEW.draw(at(TRACE, 3.6), BOX)
    cells = grounds(commands)
    texts = find(commands, Text, "cells")
    assert len(cells) == len(texts) == 24
    for cell, text, number in zip(cells, texts, TABLES[3].ravel(), strict=True):
        assert float(text.text.replace("−", "-")) == pytest.approx(number, abs=0.001)
        assert cell.x < text.x - text.width
        assert text.x < cell.x + cell.width
        assert cell.y < text.y < cell.y + cell.height


def test_tint_follows_the_sign_and_size() -> None:
    cells = grounds(VIEW.draw(at(TRACE, 4), BOX))
    positions = np.array([cell.fill.at for cell in cells if isinstance(cell.fill, Mapped)])
    reach = np.abs(TABLES[4]).max()
    assert positions == pytest.approx(0.5 + 0.5 * TABLES[4].ravel() / reach, abs=0.001)


def test_best_of_each_row_is_framed_and_none_in_a_flat_row() -> None:
    framed = [rect for rect in find(VIEW.draw(at(TRACE, 2), BOX), Rect, "cells") if rect.stroke == "ink"]
    assert len(framed) == 6
    assert len({rect.x for rect in framed}) == 1, "up is the largest in each"
    assert not [rect for rect in find(VIEW.draw(at(TRACE, 0), BOX), Rect, "cells") if rect.stroke == "ink"]


def test_marked_row_and_cell() -> None:
    commands = VIEW.draw(at(TRACE, 3), BOX)
    (mark,) = find(commands, Rect, "marked")
    row = text_boxes(commands, "labels")["state 3"]
    assert mark.y < row.y < row.bottom < mark.y + mark.height
    (cell,) = find(Table("q", marked="cell").draw(at(TRACE, 3), BOX), Rect, "marked")
    assert cell.width < mark.width / 2


def test_what_changes_glows() -> None:
    table = np.zeros((3, 3))
    rows = {0: {"q": table.copy()}}
    table[1, 2] = 1.0
    rows |= {1: {"q": table.copy()}}
    moment = Moment({"": trace_of(rows)}, {"": 0.8}, pace={"": 1.0})
    (glow,) = [rect for rect in find(Table("q").draw(moment, BOX), Rect, "cells") if rect.stroke == "accent"]
    cell = grounds(Table("q").draw(moment, BOX))[5]
    assert cell.x < glow.x + glow.width / 2 < cell.x + cell.width
    assert cell.y < glow.y + glow.height / 2 < cell.y + cell.height


def test_long_table_turns_pages_around_the_mark() -> None:
    trace = trace_of({step: {"q": np.arange(200.0).reshape(100, 2), "state": step * 9} for step in range(11)})
    view = Table("q", rows=tuple(map(str, range(100))), marked="state")
    for step in range(11):
        commands = view.draw(at(trace, step), BOX)
        assert str(step * 9) in text_boxes(commands, "labels")
        assert find(commands, Rect, "marked")
        assert any("of 100" in text for text in text_boxes(commands))


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 800, 520)])
def test_words_stay_in_the_panel_and_apart(box: Box) -> None:
    for step in range(5):
        boxes = text_boxes(VIEW.draw(at(TRACE, step), box))
        assert not outside(boxes, box)
        assert not overlapping(boxes)


def test_constants_and_words() -> None:
    view = Table(((1.0, 2.0), (3.0, 4.0)), highlight="largest")
    commands = view.draw(at(TRACE, 0), BOX)
    assert [text.text for text in find(commands, Text, "cells")] == ["1.000", "2.000", "3.000", "4.000"]
    assert view.describe(at(TRACE, 0)) == "The largest of 4 numbers is 4.000, at row 2, column 2."


def test_what_is_not_finite_is_a_dash() -> None:
    trace = trace_of({0: {"q": np.array([[1.0, np.nan], [np.inf, 2.0]])}})
    texts = [text.text for text in find(Table("q", tint="sequential").draw(at(trace, 0), BOX), Text, "cells")]
    assert texts[1:3] == ["–", "∞"]


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="labels"):
        Table("q", rows=("a",)).draw(at(TRACE, 0), BOX)
    with pytest.raises(MlaError, match="different lengths"):
        Table(((1.0,), (1.0, 2.0)))
    with pytest.raises(MlaError, match="highlight"):
        Table("q", highlight="row")  # type: ignore[arg-type]
