from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.errors import MlaError
from mlanimated.record.event_file import EventFile, checksum
from mlanimated.record.statistics import histogram
from mlanimated.record.tensorboard import Importer, SummaryWriter, import_events
from mlanimated.trace import Recorder, RecordingWarning, Trace

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 255, (5, 7, 3), np.uint8)
NORMAL = RNG.normal(0, 0.3, 4000)


def write(writer: Any, steps: int = 4) -> None:
    """What a training of somebody's own tells its writer."""
    from matplotlib.figure import Figure

    for step in range(steps):
        writer.add_scalar("train/loss", 1 / (step + 1), step)
        writer.add_scalars("both", {"a": step, "b": -step}, step)
        writer.add_histogram("weights", NORMAL * (step + 1), step)
        writer.add_image("picture", PICTURE, step, dataformats="HWC")
        writer.add_text("note", f"step {step}", step)
    writer.add_image("floats", np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4), 0)
    writer.add_images("sheet", np.stack([PICTURE, 255 - PICTURE, PICTURE]), 0, dataformats="NHWC")
    writer.add_figure("figure", Figure((1, 1), dpi=30), 0, close=False)
    writer.add_scalar("uncounted", 3.0)
    writer.close()


def test_the_writer_is_called_as_tensorboards_and_writes_a_trace(tmp_path: Path) -> None:
    write(SummaryWriter(tmp_path / "logs" / "mine", flush_secs=5))
    trace = Trace.open(tmp_path / "logs" / "mine.mla")
    assert trace.finished
    assert trace.series("train/loss").values.tolist() == [1, 1 / 2, 1 / 3, 1 / 4]
    assert trace.series("both/b").values.tolist() == [0, -1, -2, -3]
    assert np.array_equal(trace.value("picture", 2), PICTURE)
    assert trace.value("floats", 0).shape == (3, 4)
    assert trace.value("floats", 0)[2, 3] == 255
    assert np.array_equal(trace.value("sheet", 0)[:5, 7:], 255 - PICTURE)
    assert not trace.value("sheet", 0)[5:, 7:].any()
    assert trace.value("note", 3) == "step 3"
    counts, reach = histogram((NORMAL * 2).astype(np.float32))
    assert np.array_equal(trace.value("weights/histogram", 1)[0], counts)
    assert trace.value("weights/range", 1)[0] == reach
    assert trace.value("figure", 0).shape == (30, 30, 3)


def test_what_is_wrong_or_unknown_is_told_and_the_training_goes_on(tmp_path: Path) -> None:
    writer = SummaryWriter(recorder=Recorder())
    with pytest.warns(RecordingWarning, match="add_audio is not recorded"):
        writer.add_audio("a", 1)
    writer.add_audio("a", 1)
    with pytest.warns(RecordingWarning, match="Not recorded"):
        writer.add_scalar("a", "no number")
    with pytest.warns(RecordingWarning, match="no CHW"):
        writer.add_image("a", np.zeros((2, 2)))
    with pytest.raises(AttributeError):
        _ = writer.nothing
    (tmp_path / "file").write_text("")
    with pytest.warns(RecordingWarning, match="Nothing is recorded"):
        SummaryWriter(tmp_path / "file" / "mine").add_scalar("a", 1.0)
    for number in ("", "-2"):
        with SummaryWriter(tmp_path / "same") as one:
            one.add_hparams({"rate": 0.1, "kind": "adam"}, {"best": 0.5})
        trace = Trace.open(tmp_path / f"same{number}.mla")
        assert (trace.value("hparams", 0), trace.value("best", 0)) == ('{"rate": 0.1, "kind": "adam"}', 0.5)


def test_a_checksum_of_the_standards_own() -> None:
    """RFC 3720, B.4: 32 zeros give 0x8a9136aa; TFRecord turns and shifts it."""
    plain = 0x8A9136AA
    assert checksum(bytes(32)) == ((plain >> 15 | plain << 17) + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestFromTensorBoard:
    """Against files that PyTorch's own writer has written, read by TensorBoard's own reader."""

    @pytest.fixture
    def logs(self, tmp_path: Path) -> Path:
        pytest.importorskip("tensorboard")
        tensorboard = pytest.importorskip("torch.utils.tensorboard")
        write(tensorboard.SummaryWriter(str(tmp_path / "logs"), max_queue=1))
        return tmp_path / "logs"

    def test_every_value_step_and_time_is_tensorboards(self, logs: Path, tmp_path: Path) -> None:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        told: list[str] = []
        traces = import_events(logs, tmp_path / "runs", tell=told.append)
        assert [path.relative_to(tmp_path / "runs").as_posix() for path in traces] == [
            "logs.mla",
            "both_a.mla",
            "both_b.mla",
        ]
        assert told == [f"{4 * 6 + 4} values in 3 traces."]
        trace = Trace.open(traces[0])
        peer = EventAccumulator(str(logs), size_guidance={"scalars": 0, "images": 0, "histograms": 0, "tensors": 0})
        peer.Reload()
        assert set(peer.Tags()["scalars"]) == {"train/loss", "uncounted"}
        for tag in peer.Tags()["scalars"]:
            events, mine = peer.Scalars(tag), trace.series(tag)
            assert mine.values.tolist() == [event.value for event in events]
            assert mine.steps.tolist() == [event.step for event in events]
            apart = np.array([event.wall_time for event in events]) - peer.Scalars("train/loss")[0].wall_time
            assert np.allclose(mine.times, apart, atol=1e-5)
        assert np.array_equal(trace.series("picture").values, [PICTURE] * 4)
        assert trace.series("note").values == [f"step {step}" for step in range(4)]
        for event in peer.Histograms("weights"):
            counts, reach = trace.value("weights/histogram", event.step)[0], trace.value("weights/range", event.step)[0]
            assert counts.sum() == pytest.approx(event.histogram_value.num)
            assert reach / 2 < max(event.histogram_value.max, -event.histogram_value.min) * 1.2 <= 2 * reach
            exact = np.histogram(NORMAL * (event.step + 1), 40, (-reach, reach))[0]
            assert np.abs(np.cumsum(counts) - np.cumsum(exact)).max() < 0.06 * len(NORMAL)
        assert Trace.open(traces[2]).series("both").values.tolist() == [0, -1, -2, -3]

    def test_a_file_is_followed_while_it_grows_and_a_torn_end_waits(self, logs: Path, tmp_path: Path) -> None:
        (path,) = logs.glob("*tfevents*")
        whole = path.read_bytes()
        grown = tmp_path / "grown.tfevents.1"
        file, seen = EventFile(grown), []
        for end in (0, 5, 40, len(whole) // 3, len(whole) // 3 + 1, len(whole)):
            grown.write_bytes(whole[:end])
            seen += file.read()
        assert [repr(value) for value in seen] == [repr(value) for value in EventFile(path).read()]
        grown.write_bytes(whole[:300] + b"torn" + whole[300:])
        broken = EventFile(grown)
        assert 0 < len(list(broken.read())) < len(seen)
        assert "damaged" in broken.trouble

    def test_tensors_of_the_new_style(self, tmp_path: Path) -> None:
        tensorboard = pytest.importorskip("torch.utils.tensorboard")
        pytest.importorskip("tensorboard")
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        torch = pytest.importorskip("torch")
        writer = tensorboard.SummaryWriter(str(tmp_path / "logs"))
        writer.add_scalar("new", 0.25, 3, new_style=True)
        writer.add_scalar("double", 1 / 3, 3, new_style=True, double_precision=True)
        writer.add_tensor("table", torch.arange(6.0).reshape(2, 3), 5)
        writer._get_file_writer().add_summary(scalar_pb("scalar", 0.5), 7)
        writer._get_file_writer().add_summary(histogram_pb("counted", [0.0, 1.0, 1.0, 4.0], buckets=4), 7)
        writer.close()
        (path,) = import_events(tmp_path / "logs", tmp_path / "one.mla")
        trace = Trace.open(path)
        assert (trace.value("new", 3), trace.value("double", 3), trace.value("scalar", 7)) == (0.25, 1 / 3, 0.5)
        assert trace.value("table", 5).tolist() == [[0, 1, 2], [3, 4, 5]]
        assert trace.value("counted/histogram", 7).sum() == 4

    def test_the_command(self, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        from mlanimated.cli import main

        assert main(["trace", "from-tensorboard", str(logs), str(tmp_path / "out")]) == 0
        assert "28 values in 3 traces." in capsys.readouterr().out
        assert main(["trace", "from-tensorboard", str(logs), str(tmp_path / "out")]) == 2
        assert main(["trace", "from-tensorboard", str(logs), str(tmp_path / "out"), "--overwrite"]) == 0
        assert main(["trace", "from-tensorboard", str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 2


def test_nothing_to_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MlaError, match="no event files"):
        import_events(tmp_path, tmp_path / "out")
    (tmp_path / "a.tfevents.1").write_bytes(b"\0" * 100)
    importer = Importer(tmp_path, tmp_path / "out")
    assert importer.read() == 0
    assert importer.troubles == ["a.tfevents.1 is damaged after 0 bytes."]
    assert mla.record.tensorboard.SummaryWriter is SummaryWriter
