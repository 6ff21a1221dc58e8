from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.plane import draw_points
from mlanimated.learn import decision_boundary, loss_landscape
from mlanimated.learn.loss_landscape import Args, heights, random_directions, slice_of

torch = pytest.importorskip("torch")

QUICK = Args(steps=12, rows=30, units=3, grid=7, train=20, batch=5)


def small_model():
    return decision_boundary.build(decision_boundary.Args(units=3, layers=2, seed=1))


def test_a_height_is_the_loss_of_the_weights_at_that_place() -> None:
    model = small_model()
    inputs, targets = torch.rand(9, 2), torch.rand(9, 1)
    before = torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()
    middle = before.double().numpy()
    directions = np.random.default_rng(0).standard_normal((2, len(middle)))
    cut = loss_landscape.Slice(middle, directions, 1.0)

    def cost():
        return torch.nn.functional.mse_loss(model(inputs), targets)

    found = heights(model, cost, cut, np.array([[0.0, 0.0], [0.3, -2.0]]))
    assert torch.equal(torch.nn.utils.parameters_to_vector(model.parameters()), before)
    assert found[0] == pytest.approx(cost().item())
    moved = torch.from_numpy(middle + 0.3 * directions[0] - 2.0 * directions[1]).float()
    names = [name for name, _ in model.named_parameters()]
    parts = torch.split(moved, [weight.numel() for weight in model.parameters()])
    given = {name: part.view_as(model.get_parameter(name)) for name, part in zip(names, parts, strict=True)}
    said = torch.func.functional_call(model, given, inputs)
    assert found[1] == pytest.approx(((said - targets) ** 2).mean().item(), rel=1e-5)


def test_the_plane_holds_most_of_a_path_that_any_plane_can() -> None:
    random = np.random.default_rng(3)
    path = np.cumsum(random.standard_normal((30, 8)) * np.geomspace(3, 0.1, 8), axis=0)
    cut = slice_of(path)
    variances = np.linalg.eigvalsh(np.cov(path.T))[::-1]
    assert cut.shown == pytest.approx(variances[:2].sum() / variances.sum())
    assert np.allclose(cut.places(path[-1]), 0)
    assert np.allclose(cut.places(cut.middle + np.array([[2.0, -1.0]]) @ cut.directions), [[2.0, -1.0]])
    other = slice_of(path, random.standard_normal((2, 8)))
    assert other.shown < cut.shown
    assert slice_of(path, 5 * cut.directions + cut.directions[::-1]).shown == pytest.approx(cut.shown)


def test_random_directions_are_as_long_as_the_weights_row_by_row() -> None:
    model = small_model()
    directions = random_directions(model, 0)
    assert not np.allclose(directions[0], directions[1])
    place = 0
    for weight in model.parameters():
        size = weight.numel()
        for direction in directions:
            part = direction[place : place + size].reshape(weight.shape)
            wanted = weight.detach().norm(dim=1).numpy() if weight.dim() > 1 else 0.0
            assert np.allclose(np.linalg.norm(part, axis=1) if weight.dim() > 1 else np.abs(part), wanted, atol=1e-6)
        place += size


@pytest.mark.parametrize("directions", ["path", "random"])
def test_the_path_ends_where_the_plane_lies_and_the_map_agrees_with_it(directions: str) -> None:
    args = Args(**{**{name: getattr(QUICK, name) for name in QUICK.__struct_fields__}, "directions": directions})
    trace, _ = train(loss_landscape.train, args)
    assert np.allclose(values(trace, "place")[-1], 0, atol=1e-6)
    assert values(trace, "loss/slice")[-1] == pytest.approx(values(trace, "loss")[-1], rel=1e-5)
    left, right, bottom, top = values(trace, "window")[0]
    places = values(trace, "place")
    if directions == "path":
        assert (places > [left, bottom]).all()
        assert (places < [right, top]).all()
    # Between four numbers of the map lies the loss at the end, which is in the plane.
    land = 10 ** values(trace, "landscape")[0]
    x, y = -left / (right - left) * 6, -bottom / (top - bottom) * 6
    near = land[int(y) : int(y) + 2, int(x) : int(x) + 2]
    assert near.min() * 0.8 < values(trace, "loss")[-1] < near.max() * 1.25


def test_what_is_walked_is_the_training_that_anyone_gets() -> None:
    trace, _ = train(loss_landscape.train, QUICK)
    points, labels = draw_points("moons", 20, QUICK.noise, 0)
    inputs, targets = torch.from_numpy(points), torch.from_numpy(labels).float()
    model = decision_boundary.build(decision_boundary.Args(units=3, layers=2, seed=0))
    optimizer = torch.optim.SGD(model.parameters(), lr=QUICK.learning_rate, momentum=0.9)
    for step in range(12):
        chosen = torch.from_numpy(np.random.default_rng([0, step]).integers(0, 20, 5))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(inputs[chosen])[:, 0], targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert values(trace, "loss/batch")[step] == pytest.approx(loss.item(), rel=1e-5)


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    whole, spy = train(loss_landscape.train, QUICK, at=7)
    same_after(whole, train(loss_landscape.train, QUICK)[0], 0)
    rest, _ = train(loss_landscape.train, QUICK, resume=spy.state)
    for name in ("place", "loss", "loss/slice", "field"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1]), name
