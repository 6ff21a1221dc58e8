from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.record.snapshots import Snapshots
from mlanimated.record.statistics import BINS, histogram
from mlanimated.record.torch import watch
from mlanimated.trace import Recorder, Stopped, Trace

torch = pytest.importorskip("torch")


def model() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Linear(6, 8),
            torch.nn.BatchNorm1d(8),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.3),
            torch.nn.Linear(8, 2),
        )


def train(net: Any, count: int = 30, watching: Any = None, **values: Any) -> list[float]:
    """A plain loop of the user's own."""
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    criterion = torch.nn.CrossEntropyLoss()
    made = watch(net, optimizer, watching, loss=criterion, **values) if watching is not None else None
    losses = []
    for _ in range(count):
        x = torch.randn(16, 6)
        optimizer.zero_grad()
        loss = criterion(net(x), (x[:, 0] > 0).long())
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    if made is not None:
        made.close()
    return losses


def test_the_training_is_the_same_to_the_last_bit() -> None:
    plain, watched = model(), model()
    before = torch.random.get_rng_state()
    losses = train(plain)
    recorder = Recorder()
    sample = torch.ones(3, 6)
    assert train(watched, watching=recorder, layers=("0", "1"), sample=sample) == losses
    assert all(
        torch.equal(a, b) for a, b in zip(plain.state_dict().values(), watched.state_dict().values(), strict=True)
    )
    trace = recorder.trace
    assert np.array_equal(trace.series("train/loss").values, losses)
    assert trace.steps("train/loss").tolist() == list(range(30))
    torch.random.set_rng_state(before)


def test_a_step_with_a_closure_is_recorded_once_with_its_own_gradients() -> None:
    net = torch.nn.Linear(3, 1)
    optimizer = torch.optim.LBFGS(net.parameters(), lr=0.1, max_iter=4)
    x, target = torch.randn(20, 3), torch.randn(20, 1)
    recorder = Recorder()
    norms, losses = [], []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (net(x) - target).square().mean()
        loss.backward()
        losses.append(loss.item())
        norms.append(float(net.weight.grad.norm()))
        return loss

    firsts = []
    with watch(net, optimizer, recorder):
        for argument in ((closure,), ()):
            firsts.append(len(losses))
            optimizer.step(*argument) if argument else optimizer.step(closure=closure)
    assert firsts[1] > 1, "L-BFGS calls it several times"
    assert np.allclose(recorder.trace.series("train/loss").values, [losses[i] for i in firsts])
    assert np.allclose(recorder.trace.series("gradients/norm").values[:, 0], [norms[i] for i in firsts])


def test_it_begins_with_untouched_weights_and_ends_with_the_last(tmp_path: Path) -> None:
    fresh, net = model(), model()
    train(net, watching=tmp_path / "mine.mla")
    trace = Trace.open(tmp_path / "mine.mla")
    for name, weight in fresh.named_parameters():
        assert np.array_equal(trace.value(f"weights/{name}", 0), weight.detach())
    for name, weight in net.named_parameters():
        assert np.array_equal(trace.value(f"weights/{name}", 30), weight.detach())
    assert trace.finished
    assert [layer["kind"] for layer in json.loads(trace.value("model/layers", 0))] == [
        "Linear",
        "BatchNorm1d",
        "ReLU",
        "Dropout",
        "Linear",
    ]


def test_norms_and_histograms_are_those_of_torch() -> None:
    net, recorder = model(), Recorder()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    watching = watch(net, optimizer, recorder)
    loss = net(torch.ones(4, 6)).square().sum()
    watching.loss(loss)
    loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in net.named_parameters()}
    weights = {name: weight.detach().clone() for name, weight in net.named_parameters()}
    optimizer.step()
    trace = recorder.trace
    names = json.loads(trace.value("watch/names", 0))
    assert names == list(weights)
    for kind, tensors in (("weights", weights), ("gradients", gradients)):
        assert np.allclose(trace.value(f"{kind}/norm", 0), [tensors[name].norm() for name in names], rtol=1e-5)
        for index, name in enumerate(names):
            reach = trace.value(f"{kind}/range", 0)[index]
            if reach:
                wanted = torch.histc(tensors[name], BINS, -reach, reach)
                assert np.array_equal(trace.value(f"{kind}/histogram", 0)[index], wanted)
                assert reach / 2 < float(tensors[name].abs().max()) <= reach
    assert trace.value("train/loss", 0) == pytest.approx(loss.item())
    watching.close()


def test_activations_are_those_of_the_layer() -> None:
    net, recorder, sample = model(), Recorder(), torch.randn(3, 6)
    train(net, watching=recorder, layers=("2",), sample=sample)
    with torch.no_grad():
        assert np.allclose(recorder.trace.value("activations/2", 30), net.eval()[:3](sample), atol=1e-6)
    assert recorder.trace.value("activations/2", 0).shape == (3, 8)


def test_an_unknown_layer_lists_the_names() -> None:
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with pytest.raises(MlaError, match=r"no layer .conv1.\. Known: 0, 1, 2, 3, 4"):
        watch(net, optimizer, Recorder(), layers=("conv1",), sample=torch.ones(1, 6))
    with pytest.raises(MlaError, match="give sample="):
        watch(net, optimizer, Recorder(), layers=("0",))
    with pytest.raises(MlaError, match="every is 0"):
        watch(net, optimizer, Recorder(), every=0)


@pytest.mark.parametrize(("budget", "count"), [(4 * (48 + 8 + 16 + 18) * 5, 5), (4 * (48 + 8 + 16 + 18) * 2, 2)])
def test_the_budget_holds(budget: int, count: int) -> None:
    recorder = Recorder()
    train(model(), 200, recorder, budget=budget, steps=200)
    steps = recorder.trace.steps("weights/0.weight")
    assert len(steps) <= count
    assert steps[0] == 0
    assert steps[-1] == 200


def test_too_small_a_budget_keeps_none_and_says_so() -> None:
    recorder = Recorder()
    with pytest.warns(UserWarning, match="none are kept"):
        train(model(), 3, recorder, budget=500)
    assert "weights/0.weight" not in recorder.trace.names
    assert "weights/norm" in recorder.trace.names


def test_snapshots_are_dense_where_things_change() -> None:
    plan = Snapshots(100, 2000, 1000)
    sample, taken = np.ones(50, np.float32), []
    for step in range(1000):
        sample = sample * (1.1 if step < 50 else 1.0001)
        if plan.due(sample):
            taken.append(step)
    assert sum(step < 60 for step in taken) >= 5 * sum(60 <= step < 120 for step in taken)
    assert sum(step < 60 for step in taken) >= 6
    assert max(np.diff(taken)) <= 100
    assert 12 <= len(taken) <= 19
    assert plan.last()


def test_a_viewer_can_stop_it() -> None:
    net, recorder = model(), Recorder()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    watch(net, optimizer, recorder)
    recorder.remote.stop()
    net(torch.ones(2, 6)).sum().backward()
    with pytest.raises(Stopped):
        optimizer.step()
    optimizer.step()  # no longer watched


def test_histograms_of_what_is_not_finite() -> None:
    counts, reach = histogram(np.array([np.nan, np.inf, 0.5, -1.0], np.float32))
    assert counts.sum() == 2
    assert reach == 1.0
    assert counts[0] == 1
    assert histogram(np.zeros(3, np.float32))[1] == 0.0
    assert math.isfinite(histogram(np.array([1e-38], np.float32))[1])
