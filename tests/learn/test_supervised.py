from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from learning import Spy, same_after, values

from mlanimated.errors import MlaError
from mlanimated.learn import fit_story
from mlanimated.learn.accuracy import Accuracy
from mlanimated.learn.supervised import Examples, Settings, fit, moments
from mlanimated.trace import Recorder

torch = pytest.importorskip("torch")
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4)).astype(np.float32)
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
LINE = (X @ [[1.0], [2.0], [0.0], [-1.0]]).astype(np.float32)


def model(outputs: int = 3, hidden: int = 8) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return torch.nn.Sequential(
            torch.nn.Linear(4, hidden), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(hidden, outputs)
        )


def trained(net: Any, targets: Any, kind: Any, at: int = -1, inputs: Any = X, **values: Any) -> tuple[Any, Spy]:
    recorder = Spy(at)
    more = {name: values.pop(name) for name in ("look", "resume", "augment", "names") if name in values}
    examples = Examples(inputs, targets)
    with recorder:
        result = fit(
            net, examples, examples, kind, Settings(**{"epochs": 4, "batch": 16, "rows": 8, **values}), recorder, **more
        )
    return result, recorder


@pytest.mark.parametrize(
    ("optimizer", "make"),
    [
        ("sgd", lambda weights: torch.optim.SGD(weights, lr=0.05)),
        ("momentum", lambda weights: torch.optim.SGD(weights, lr=0.05, momentum=0.9)),
        ("adam", lambda weights: torch.optim.Adam(weights, lr=0.05)),
    ],
)
def test_it_takes_the_steps_that_a_plain_loop_of_torch_takes(optimizer: str, make: Callable[[Any], Any]) -> None:
    ours, theirs = torch.nn.Linear(4, 3), torch.nn.Linear(4, 3)
    theirs.load_state_dict(ours.state_dict())
    _, recorder = trained(ours, CLASSES, "classes", optimizer=optimizer, learning_rate=0.05, seed=7)
    steps, losses = make(theirs.parameters()), []
    for epoch in range(4):
        for part in np.array_split(np.random.default_rng([7, epoch]).permutation(60), [16, 32, 48]):
            steps.zero_grad()
            loss = torch.nn.functional.cross_entropy(theirs(torch.from_numpy(X[part])), torch.from_numpy(CLASSES[part]))
            losses.append(loss.item())
            loss.backward()
            steps.step()
    assert np.allclose(values(recorder.trace, "train/loss"), losses, atol=1e-5)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_step_0_is_the_model_as_it_was_given() -> None:
    net = model()
    before = [weight.detach().clone() for weight in net.parameters()]
    seen: dict[int, list[Any]] = {}

    def look(step: int, model: Any, outputs: Any) -> dict[str, Any]:
        seen[step] = [weight.detach().clone() for weight in model.parameters()]
        return {"first": outputs[0]}

    _, recorder = trained(net, CLASSES, "classes", look=look)
    trace = recorder.trace
    assert min(seen) == 0
    assert all(torch.equal(a, b) for a, b in zip(before, seen[0], strict=True))
    assert not torch.equal(before[0], seen[sorted(seen)[1]][0])
    net.load_state_dict(dict(zip(net.state_dict(), before, strict=True)))
    with torch.no_grad():
        outputs = net.eval()(torch.from_numpy(X))
    assert np.allclose(trace.value("first", 0), outputs[0])
    assert trace.value("test/accuracy", 0) == pytest.approx((np.asarray(outputs.argmax(1)) == CLASSES).mean())
    loss = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(CLASSES)).item()
    assert trace.value("test/loss", 0) == pytest.approx(loss, rel=1e-5)


def test_confusion_counts_every_test_example() -> None:
    result, recorder = trained(model(), CLASSES, "classes", epochs=30, learning_rate=0.05, optimizer="adam")
    table = recorder.trace.value("confusion", 1e9)
    assert table.sum() == 60
    assert table.sum(1).tolist() == np.bincount(CLASSES).tolist()
    assert table.trace() == result.accuracy.right
    assert result.accuracy.share > 0.8


def test_a_number_is_learned_and_yes_or_no() -> None:
    result, _ = trained(torch.nn.Linear(4, 1), LINE, "regression", epochs=60, learning_rate=0.1, optimizer="adam")
    assert result.loss < 1e-3
    assert result.accuracy.count == 0
    result, recorder = trained(
        torch.nn.Linear(4, 1), (LINE[:, 0] > 0).astype(int), "binary", epochs=60, learning_rate=0.1
    )
    assert result.accuracy.share > 0.95
    assert recorder.trace.value("confusion", 0).shape == (2, 2)


@pytest.mark.parametrize("at", [1, 5, 9])
def test_a_training_taken_up_again_ends_the_same(at: int) -> None:
    whole, recorder = trained(
        model(), CLASSES, "classes", at=at, augment=lambda x: x + 0.1 * torch.randn_like(x), weight_decay=0.1
    )
    rest, again = trained(
        model(),
        CLASSES,
        "classes",
        resume=recorder.state,
        augment=lambda x: x + 0.1 * torch.randn_like(x),
        weight_decay=0.1,
    )
    assert np.array_equal(whole.outputs, rest.outputs)
    same_after(recorder.trace, again.trace, at)


def test_torch_goes_on_as_if_nothing_had_been() -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    trained(model(), CLASSES, "classes", augment=lambda x: x + torch.randn_like(x))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


class Fails(torch.nn.Module):
    """Gives out what is no number once it has been asked so many times."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def forward(self, x: Any) -> Any:
        self.left -= self.training
        return x * math.nan if self.left < 0 and self.training else x


def test_a_loss_that_is_no_number_stops_it_and_says_when_and_where() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), Fails(after=5), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    result, recorder = trained(net, CLASSES, "classes")
    event = recorder.trace.events[-1]
    assert result.stopped == event.name == "not a number"
    assert event.step == 5 == recorder.trace.last_step
    assert "At step 5" in event.text
    assert "layer 1 (Fails)" in event.text
    assert math.isnan(values(recorder.trace, "train/loss")[-1])


def test_outputs_too_large_for_the_loss_are_told() -> None:
    result, recorder = trained(
        torch.nn.Linear(4, 1), LINE, "regression", learning_rate=100.0, optimizer="sgd", epochs=50
    )
    assert result.stopped == "not a number"
    assert "in the loss, of outputs as large as" in recorder.trace.events[-1].text


def test_inputs_that_are_no_numbers_are_named() -> None:
    bad = X.copy()
    bad[17, 2] = np.nan
    _, recorder = trained(model(), CLASSES, "classes", inputs=bad)
    assert "in the inputs" in recorder.trace.events[-1].text


@pytest.mark.parametrize(
    ("outputs", "targets", "kind", "told"),
    [
        (3, np.where(np.arange(60) == 7, 3, CLASSES), "classes", "Label 3 of example 7 to learn from.* from 0 to 2"),
        (3, np.where(np.arange(60) == 7, -1, CLASSES), "classes", "Label -1 of example 7"),
        (3, CLASSES + 0.5, "classes", "Label .* whole number"),
        (1, CLASSES, "binary", "out of range: a label is a whole number from 0 to 1"),
        (2, CLASSES > 1, "binary", "should give one number"),
        (1, CLASSES, "classes", "a logit for each"),
        (2, LINE, "regression", "an array .2,. an example, the targets to learn from are one number"),
        (3, CLASSES[:-1], "classes", "60 examples to learn from and 59 targets"),
    ],
)
def test_targets_that_do_not_fit_are_told_in_one_line(outputs: int, targets: Any, kind: Any, told: str) -> None:
    with pytest.raises(MlaError, match=told) as error:
        trained(model(outputs), targets, kind)
    assert "\n" not in str(error.value)


def test_names_must_be_as_many_as_outputs() -> None:
    with pytest.raises(MlaError, match="3 outputs and there are 2 names"):
        trained(model(), CLASSES, "classes", names=("a", "b"))


def test_moments_crowd_at_the_beginning() -> None:
    chosen = sorted(moments(1000, 60))
    assert chosen[:4] == [0, 1, 2, 3]
    assert chosen[-1] == 1000
    assert 40 <= len(chosen) <= 60
    assert max(np.diff(chosen)) <= 1000 / 29 + 1
    assert moments(0, 60) == {0}


@pytest.mark.parametrize(
    ("right", "count", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)]
)
def test_the_interval_is_the_published_one(right: int, count: int, low: float, high: float) -> None:
    """The last row is the worked example of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert Accuracy(right, count).interval == pytest.approx((low, high), abs=1e-4)


def test_the_story_tells_start_levels_and_result() -> None:
    _, recorder = trained(model(), CLASSES, "classes", epochs=30, learning_rate=0.05, names=("a", "b", "c"))
    names = [event.name for event in recorder.trace.events]
    assert names[0] == "initialize"
    assert names[-1] == "result"
    assert "95% interval" in recorder.trace.events[-1].text
    assert Recorder().trace.events == ()


def test_learning_by_heart_is_told_when_it_lasts_and_a_bump_is_not() -> None:
    def told(losses: Sequence[float]) -> list[str]:
        with Recorder() as recorder:
            story = fit_story.FitStory(recorder, "binary", ("no", "yes"), 100)
            for step, loss in enumerate(losses):
                row = {"train/accuracy": 0.99}
                story.tell(fit_story.Tested(step, step / 10, loss, Accuracy(60, 100), None), row)
        return [event.name for event in recorder.trace.events]

    assert "by heart" in told([0.7, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert "by heart" not in told([0.7, 0.5, 0.6, 0.7, 0.5, 0.6, 0.7])
