from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.errors import MlaError
from mlanimated.learn import backward_pass
from mlanimated.learn.backward_pass import Args, look_through, pass_through
from mlanimated.trace import Recorder

torch = pytest.importorskip("torch")


def small_model() -> Any:
    nn = torch.nn
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(48, 4)
        )


def test_gradients_are_those_of_finite_differences() -> None:
    model = small_model().double()
    inputs = torch.linspace(-1, 1, 36, dtype=torch.float64).reshape(1, 1, 6, 6)
    wanted = torch.tensor([2])

    def loss_of(said: Any) -> Any:
        return torch.nn.functional.cross_entropy(said, wanted)

    passed = pass_through(model, inputs, loss_of)
    assert passed.names == ("input", "0", "5")
    assert passed.kinds == ("", "Conv2d, BatchNorm2d, ReLU, Dropout", "Linear")
    model.eval()
    with torch.no_grad():
        hidden = model[:4](inputs)
        assert np.allclose(passed.outputs[1], hidden[0])
        assert np.allclose(passed.outputs[2], model(inputs)[0])
        for start, rest, gradient in ((inputs, model, passed.gradients[0]), (hidden, model[4:], passed.gradients[1])):
            flat = gradient.ravel()
            for place in range(0, flat.size, 7):
                moved = torch.zeros(flat.size, dtype=torch.float64)
                moved[place] = 1e-6
                moved = moved.reshape(start.shape)
                slope = (loss_of(rest(start + moved)) - loss_of(rest(start - moved))) / 2e-6
                assert flat[place] == pytest.approx(slope.item(), abs=1e-6)
    assert passed.loss == pytest.approx(loss_of(model(inputs)).item())


def test_the_model_stays_as_it_was() -> None:
    model = small_model().train()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(5)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    pass_through(model, torch.ones(1, 1, 6, 6), lambda said: said.sum())
    assert torch.equal(torch.rand(3), drawn)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(model[0].weight.grad, torch.ones_like(model[0].weight))
    assert model[5].weight.grad is None
    assert model.training
    assert model[1].training
    assert not any(module._forward_hooks for module in model.modules())


def test_stages_are_recorded_in_order_and_passes_follow_each_other() -> None:
    recorder = Recorder()
    with recorder:
        step, passed = look_through(small_model(), torch.ones(1, 1, 6, 6), lambda said: said.sum(), recorder)
        assert step == 7
        look_through(small_model(), torch.ones(1, 1, 6, 6), lambda said: said.sum(), recorder, step=step)
    trace = recorder.trace
    assert trace.series("pass/stage").values.tolist() == [*range(7), *range(7)]
    assert trace.steps("pass/out/2").tolist() == [2, 9]
    assert trace.steps("pass/gradient/2").tolist() == [4, 11]
    assert trace.steps("pass/gradient/0").tolist() == [6, 13]
    assert np.allclose(trace.value("pass/norm", 3), [np.linalg.norm(part) for part in passed.gradients])


def test_what_has_no_gradient_is_told() -> None:
    with pytest.raises(MlaError, match="no layer with weights"):
        pass_through(torch.nn.ReLU(), torch.ones(1, 2), lambda said: said.sum())
    with pytest.raises(MlaError, match="whole numbers"):
        pass_through(small_model(), torch.ones(1, 2, dtype=torch.int64), lambda said: said.sum())
    with pytest.raises(MlaError, match="comes after"):
        backward_pass.train(Args(first=3, last=2), Recorder())


def test_looking_does_not_change_the_training_and_a_run_can_be_repeated() -> None:
    pytest.importorskip("sklearn")
    first, _ = train(backward_pass.train, Args(first=1, last=4))
    again, _ = train(backward_pass.train, Args(first=1, last=4))
    same_after(first, again, 0)
    other, _ = train(backward_pass.train, Args(first=3, last=4))
    assert np.array_equal(values(first, "pass/out/3")[-1], values(other, "pass/out/3")[-1])
    assert [event.name for event in first.events][::2] == ["initialize", "batch 1", "batch 4", "result"]
