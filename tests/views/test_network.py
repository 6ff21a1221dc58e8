from __future__ import annotations

import itertools

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline
from mlanimated.draw.palette import contrast, resolve
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.moment import Moment
from mlanimated.views.network import Network

LINE = Network((1, 1), ("w",), ("b",), inputs=("Celsius",), outputs=("Fahrenheit",))


@pytest.fixture(scope="module")
def celsius() -> Trace:
    return trace_of({step: {"w": 1 + 0.08 * step, "b": 1 + 3.1 * step} for step in range(11)})


def layered(*sizes: int, rows: int = 5) -> tuple[Trace, Network]:
    rng = np.random.default_rng(0)
    gaps = list(itertools.pairwise(sizes))
    weights = [rng.normal(size=gap) for gap in gaps]
    steps = {}
    for step in range(rows):
        row = {f"w/{index}": weight * (step + 1) for index, weight in enumerate(weights)}
        row |= {f"b/{index}": np.linspace(-1, 1, gap[1]) * step for index, gap in enumerate(gaps)}
        row |= {f"a/{index}": np.tanh(rng.normal(size=size)) for index, size in enumerate(sizes)}
        steps[step] = row
    view = Network(
        sizes, tuple(f"w/{index}" for index in range(len(gaps))), tuple(f"b/{index}" for index in range(len(gaps)))
    )
    return trace_of(steps), view


def connections(commands, gap: int) -> list[Polyline]:
    return [line for line in find(commands, Polyline, f"weights-{gap}") if line.stroke != "accent"]


def test_weight_and_bias_are_written_as_recorded(celsius: Trace) -> None:
    texts = text_boxes(LINE.draw(at(celsius, 5.5), BOX))
    assert "w = 1.400" in texts
    assert "b = 16.50" in texts
    assert {"Celsius", "Fahrenheit", "1"} <= set(texts)
    assert LINE.describe(at(celsius, 5.5)) == "A network with layers of 1 and 1: w = 1.400, b = 16.50."


def test_number_on_a_connection_covers_its_line(celsius: Trace) -> None:
    commands = LINE.draw(at(celsius, 5), BOX)
    (line,) = connections(commands, 0)
    x0, y0, x1, y1 = line.points
    place = text_boxes(commands)["w = 1.400"]
    middle = place.x + place.width / 2
    assert place.y < y0 + (y1 - y0) * (middle - x0) / (x1 - x0) < place.bottom


def test_width_is_the_size_and_dashes_are_negative() -> None:
    trace, view = layered(3, 2)
    weights = trace.value("w/0", 4)
    lines = connections(view.draw(at(trace, 4), BOX), 0)
    widths = [line.stroke_width for line in lines]
    assert widths == sorted(widths), "the strongest is drawn last"
    sizes = np.sort(np.abs(weights).ravel())
    assert np.corrcoef(sizes, widths)[0, 1] == pytest.approx(1.0, abs=1e-3)
    assert sum(bool(line.dash) for line in lines) == int((weights < 0).sum())
    assert {line.stroke for line in lines if line.dash} <= {"negative"}


def test_out_in_weights_are_turned() -> None:
    weights = np.arange(6.0).reshape(2, 3)
    ours, theirs = trace_of({0: {"w/0": weights}}), trace_of({0: {"w/0": weights.T}})
    view = Network((2, 3), ("w/0",))
    assert view.draw(at(ours, 0), BOX) == view.draw(at(theirs, 0), BOX)


def test_what_changes_glows_and_stands_still_without(celsius: Trace) -> None:
    moving = Moment({"": celsius}, {"": 5.0}, pace={"": 10.0})
    still = Moment({"": celsius}, {"": 5.0}, pace={"": 0.0})
    assert [line for line in find(LINE.draw(moving, BOX), Polyline) if line.stroke == "accent"]
    assert not [line for line in find(LINE.draw(still, BOX), Polyline) if line.stroke == "accent"]


@pytest.mark.parametrize("sizes", [(1, 1), (7, 5, 1), (1, 16, 1), (100, 64, 3), (2, 3, 2), (4, 8, 8, 2)])
@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 800, 520)])
def test_layouts_hold_together(sizes: tuple[int, ...], box: Box) -> None:
    trace, view = layered(*sizes)
    commands = view.draw(at(trace, 3), box)
    boxes = text_boxes(commands)
    assert not outside(boxes, box)
    assert not overlapping(boxes)
    neurons = find(commands, Circle, "layer-1")
    for first, second in itertools.pairwise(neurons):
        assert second.y - first.y >= first.radius + second.radius or min(first.radius, second.radius) == 2.5
    for circle in find(commands, Circle):
        assert box.x - 1 <= circle.x - circle.radius
        assert circle.x + circle.radius <= box.right + 1
        assert box.y - 1 <= circle.y - circle.radius
        assert circle.y + circle.radius <= box.bottom + 1


def test_large_layers_say_what_they_leave_out() -> None:
    trace, view = layered(100, 2)
    texts = text_boxes(view.draw(at(trace, 1), BOX))
    assert "100 neurons" in texts


def test_single_outputs_have_numbers_that_lie_on_their_own_lines() -> None:
    trace, view = layered(5, 1)
    commands = view.draw(at(trace, 2), BOX)
    lines = connections(commands, 0)
    weights = trace.value("w/0", 2).ravel()
    boxes = {name: box for name, box in text_boxes(commands, "numbers").items() if not name.startswith("b")}
    assert len(boxes) == 5
    for name, place in boxes.items():
        hit = []
        for line in lines:
            x0, y0, x1, y1 = line.points
            for x in np.linspace(place.x, place.right, 9):
                if place.y + 1 < y0 + (y1 - y0) * (x - x0) / (x1 - x0) < place.bottom - 1:
                    hit.append(line)
                    break
        assert len(hit) == 1
        value = float(name.split(" (")[0].replace("−", "-").strip("\u2007"))
        assert np.abs(weights - value).min() < 0.001


def test_activations_fill_neurons() -> None:
    trace, view = layered(2, 3, 1)
    filled = Network(view.sizes, view.weights, view.biases, activations=("a/0", "", "a/2"))
    commands = filled.draw(at(trace, 1), BOX)
    assert all(circle.fill != "panel" for circle in find(commands, Circle, "layer-0"))
    assert all(circle.fill == "panel" for circle in find(commands, Circle, "layer-1"))


def test_nothing_moves_but_the_numbers(celsius: Trace) -> None:
    frames = [LINE.draw(at(celsius, step), BOX) for step in (0, 3, 10)]
    places = [[(c.x, c.y, c.radius) for c in find(frame, Circle)] for frame in frames]
    assert places[0] == places[1] == places[2]
    ends = [sorted(round(box.right, 1) for name, box in text_boxes(frame).items() if " = " in name) for frame in frames]
    assert ends[0] == ends[1] == ends[2]


def test_bad_arguments_are_one_line(celsius: Trace) -> None:
    with pytest.raises(MlaError, match="two layers"):
        Network((3,), ())
    with pytest.raises(MlaError, match="it needs 2"):
        Network((3, 2, 1), ("w",))
    with pytest.raises(MlaError, match="names of inputs"):
        Network((3, 2), ("w",), inputs=("a",))
    with pytest.raises(MlaError, match="shape"):
        Network((3, 2), ("w",)).draw(at(celsius, 0), BOX)
    with pytest.raises(MlaError, match=r"Did you mean|Known"):
        Network((1, 1), ("ww",)).draw(at(celsius, 0), BOX)


def test_key_says_what_discs_are_where_there_are_discs() -> None:
    trace, view = layered(3, 4, 2)
    box = Box(0, 0, 640, 420)
    assert "bias" in text_boxes(view.draw(at(trace, 3), box), "key")
    assert len(find(view.draw(at(trace, 3), box), Circle, "key")) == 2
    assert not outside(text_boxes(view.draw(at(trace, 3), box), "key"), box)
    bare = Network((3, 4, 2), ("w/0", "w/1"))
    assert "bias" not in text_boxes(bare.draw(at(trace, 3), box), "key")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_glow_of_what_changes_is_seen_on_every_ground(theme: str, celsius: Trace) -> None:
    moving = Moment({"": celsius}, {"": 5.0}, pace={"": 12.0})
    glow = max(line.opacity for line in find(LINE.draw(moving, BOX), Polyline) if line.stroke == "accent")
    over, ground = (np.array(resolve(role, theme), float) for role in ("accent", "ground"))
    mixed = np.round(over * glow + ground * (1 - glow)).astype(int).tolist()
    assert contrast(tuple(mixed), resolve("ground", theme)) > 2.0


def test_what_rests_in_a_slow_step_does_not_glow(celsius: Trace) -> None:
    resting = Moment({"": celsius}, {"": 5.4}, pace={"": 0.5})
    moving = Moment({"": celsius}, {"": 5.75}, pace={"": 0.5})
    glows = [[line for line in find(LINE.draw(m, BOX), Polyline) if line.stroke == "accent"] for m in (resting, moving)]
    assert not glows[0]
    assert glows[1]
