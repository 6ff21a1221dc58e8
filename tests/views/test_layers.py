from __future__ import annotations

import json
import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.views.layers import Layers, blocks_of, folded

LAYERS = [
    {"name": "0", "kind": "Conv2d", "shape": [16, 32, 32], "parameters": 1216, "group": ""},
    {"name": "1", "kind": "BatchNorm2d", "shape": [16, 32, 32], "parameters": 32, "group": ""},
    {"name": "2", "kind": "ReLU", "shape": [16, 32, 32], "parameters": 0, "group": ""},
    {"name": "3", "kind": "MaxPool2d", "shape": [16, 16, 16], "parameters": 0, "group": ""},
    {"name": "4", "kind": "Flatten", "shape": [4096], "parameters": 0, "group": ""},
    {"name": "5", "kind": "Linear", "shape": [10], "parameters": 40970, "group": ""},
]
TENSORS = ["0.weight", "0.bias", "1.weight", "1.bias", "5.weight", "5.bias"]
NORMS = np.array([3.0, 4.0, 12.0, 0.0, 0.6, 0.8])
TRACE = trace_of(
    {
        0: {"model/layers": json.dumps(LAYERS), "watch/names": json.dumps(TENSORS), "gradients/norm": NORMS},
        1: {"gradients/norm": NORMS / 100},
    }
)
VIEW = Layers(gradients="gradients/norm")


def test_what_has_no_weights_is_folded_into_the_layer_before() -> None:
    first, second = blocks_of(json.dumps(LAYERS))
    assert first.kinds == ("Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten")
    assert first.parameters == 1248
    assert second.shape == (10,)
    assert second.members == ("5",)


def test_of_a_deep_model_the_middle_is_one_block() -> None:
    many = json.dumps(
        [{"name": f"b.{index}", "kind": "Linear", "shape": [8], "parameters": 72, "group": "b"} for index in range(40)]
    )
    blocks = folded(blocks_of(many), 12)
    assert len(blocks) == 12
    assert sum(block.parameters for block in blocks) == 40 * 72
    assert [member for block in blocks for member in block.members] == [f"b.{index}" for index in range(40)]
    assert blocks[5].name == "29 more"


def test_a_bar_is_the_length_of_all_gradients_of_its_block() -> None:
    texts = [text.text for text in find(drawn(VIEW, TRACE, 0), Text, "gradients")]
    assert "13.0" in texts
    assert "1.00" in texts
    bars = find(drawn(VIEW, TRACE, 0), Rect, "gradients")
    later = find(drawn(VIEW, TRACE, 1), Rect, "gradients")
    assert bars[0].height > bars[1].height
    assert later[0].height < bars[0].height
    assert "The largest gradient is that of 0." in VIEW.describe(at(TRACE, 0))


def test_keras_tensors_find_their_layer() -> None:
    layers = json.dumps([{"name": "dense", "kind": "Dense", "shape": [4], "parameters": 12, "group": ""}])
    names = json.dumps(["sequential/dense/kernel", "sequential/dense/bias"])
    trace = trace_of(
        {
            0: {"model/layers": layers, "watch/names": names, "updates/norm": np.array([3.0, 4.0])},
            1: {"updates/norm": np.array([0.3, 0.4])},
        }
    )
    assert "5.00" in [text.text for text in find(drawn(Layers(gradients="updates/norm"), trace, 0), Text, "gradients")]


def test_a_gradient_that_is_no_number_is_told() -> None:
    bad = NORMS.copy()
    bad[4] = math.nan
    trace = trace_of({0: {**TRACE.at(0), "gradients/norm": NORMS}, 1: {"gradients/norm": bad}})
    assert "not a number" in [text.text for text in find(drawn(VIEW, trace, 1), Text, "gradients")]


@pytest.mark.parametrize("box", [BOX, Box(20, 40, 500, 380), Box(0, 0, 1180, 470)])
@pytest.mark.parametrize("count", [1, 5, 12])
def test_words_stand_in_the_box_and_apart(box: Box, count: int) -> None:
    layers = [
        {"name": str(index), "kind": "ConvTranspose2d", "shape": [256, 128, 128], "parameters": 123456, "group": ""}
        for index in range(count)
    ]
    row = {"model/layers": json.dumps(layers), "watch/names": json.dumps([f"{index}.weight" for index in range(count)])}
    trace = trace_of(
        {0: {**row, "gradients/norm": np.linspace(0.001, 5, count)}, 1: {"gradients/norm": np.full(count, 0.2)}}
    )
    boxes = text_boxes(drawn(VIEW, trace, 0, box))
    assert not overlapping(boxes)
    assert not outside(boxes, box)
    assert [command for command in drawn(VIEW, trace, 0, box) if isinstance(command, Group)]


def test_texts_that_are_no_layers_are_told() -> None:
    with pytest.raises(MlaError, match="no list of layers"):
        drawn(Layers(), trace_of({0: {"model/layers": "a network"}}), 0)
    with pytest.raises(MlaError, match="no layers"):
        drawn(Layers(), trace_of({0: {"model/layers": "[]"}}), 0)
    wrong = trace_of({0: {**TRACE.at(0), "gradients/norm": np.ones(2)}})
    with pytest.raises(MlaError, match="has 2 values, 'watch/names' names 6 tensors"):
        drawn(VIEW, wrong, 0)
