from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn import forecast
from mlanimated.learn.forecast import AHEAD, KNOWN, Args, build, series, wave

torch = pytest.importorskip("torch")

QUICK = Args(steps=6, rows=8, units=5, batch=4, window=10)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_a_forecast_reads_the_past_and_then_its_own_words_alone(kind: str) -> None:
    args = Args(steps=2, rows=2, units=5, batch=4, window=10, kind=kind)  # type: ignore[arg-type]
    trace, _ = train(forecast.train, args)
    model = build(args)
    # The same in another way: the whole text is read anew for each value.
    said = series(args).tolist()
    with torch.no_grad():
        for _ in range(12):
            outputs, _ = model["memory"](torch.tensor(said, dtype=torch.float32)[None, :, None])
            said.append(model["readout"](outputs[0, -1]).item())
    assert np.allclose(values(trace, "forecast")[0][:12], said[KNOWN:], atol=1e-5)
    assert values(trace, "test/loss")[0] == pytest.approx(
        ((values(trace, "forecast")[0] - wave(np.arange(KNOWN, KNOWN + AHEAD))) ** 2).mean(), rel=1e-6
    )


def test_the_series_goes_on_where_it_ends() -> None:
    trace, _ = train(forecast.train, QUICK)
    assert values(trace, "past/time")[0][-1] + 1 == values(trace, "time")[0][0] == KNOWN
    assert np.allclose(series(Args(noise=0.0)), wave(np.arange(KNOWN)), atol=1e-6)


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    whole, spy = train(forecast.train, QUICK, at=3)
    again, _ = train(forecast.train, QUICK)
    same_after(whole, again, 0)
    rest, _ = train(forecast.train, QUICK, resume=spy.state)
    assert np.array_equal(values(whole, "forecast")[-1], values(rest, "forecast")[-1])
    assert np.array_equal(values(whole, "train/loss")[3:], values(rest, "train/loss"))


@pytest.mark.slow
def test_it_learns_to_follow_the_wave() -> None:
    trace, _ = train(forecast.train, Args(rows=2))
    assert values(trace, "test/loss")[-1] < 0.25 * float((wave(np.arange(KNOWN, KNOWN + AHEAD)) ** 2).mean())
