"""TensorBoard, both ways: a writer that is called as its own is and writes a trace, and its event files brought in and followed.

    writer = mla.record.tensorboard.SummaryWriter("runs/mine")     # in place of torch.utils.tensorboard's: writes runs/mine.mla
    writer.add_scalar("train/loss", loss, step)

    mla trace from-tensorboard logs runs --follow

Neither needs TensorBoard. A histogram is kept as `TAG/histogram` (1, 40), counts over ±`TAG/range` (1,), as the adapters keep those of
weights.
"""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.record.event_file import BINS, EventFile, Value
from mlanimated.record.session import numbered, pictured, safe, warn
from mlanimated.record.statistics import histogram
from mlanimated.trace import Recorder

__all__ = ["Importer", "SummaryWriter", "import_events"]

EVENTS = "*tfevents*"


class SummaryWriter:
    """Writes a trace, and is called as `torch.utils.tensorboard.SummaryWriter` is. What it cannot record is told once and left out.

    Args:
        log_dir: The trace is written beside where the folder would be: "runs/mine" gives runs/mine.mla. A name that is taken gets
            a number. None: runs/ and the time.
        comment: Added to the name where `log_dir` is not given.
        recorder: A Recorder in place of a new one; then nothing is closed.
        **others: What else TensorBoard's writer takes has no use here.
    """

    def __init__(
        self,
        log_dir: str | Path | None = None,
        comment: str = "",
        *_: Any,
        recorder: Recorder | None = None,
        **others: Any,
    ) -> None:
        del others
        path = Path(log_dir) if log_dir else Path("runs") / f"{datetime.now():%Y-%m-%d-%H%M%S}{comment}"
        self._own = recorder is None
        try:
            self.recorder = recorder or numbered(path.parent, path.name or "run", name=path.name)
        except Exception as error:
            warn(f"Nothing is recorded ({type(error).__name__}: {error}).")
            self.recorder = Recorder(name=path.name, budget=1 << 20)
        self.log_dir = str(path)
        self._steps: dict[str, int] = {}
        self._told: set[str] = set()

    def get_logdir(self) -> str:
        """Return what `log_dir` was."""
        return self.log_dir

    @safe
    def add_scalar(self, tag: str, scalar_value: Any, global_step: int | None = None, *_: Any, **__: Any) -> None:
        """Record a number."""
        self._log(tag, float(scalar_value), global_step)

    @safe
    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: int | None = None, *_: Any, **__: Any
    ) -> None:
        """Record several numbers under one head."""
        for tag, value in tag_scalar_dict.items():
            self._log(f"{main_tag}/{tag}", float(value), global_step)

    @safe
    def add_tensor(self, tag: str, tensor: Any, global_step: int | None = None, *_: Any, **__: Any) -> None:
        """Record an array."""
        self._log(tag, _array(tensor), global_step)

    @safe
    def add_histogram(self, tag: str, values: Any, global_step: int | None = None, *_: Any, **__: Any) -> None:
        """Record how values are distributed."""
        counts, reach = histogram(np.asarray(_array(values), np.float32).ravel())
        self._histogram(tag, counts, reach, global_step)

    @safe
    def add_histogram_raw(
        self,
        tag: str,
        min: float,  # noqa: A002 (the names are TensorBoard's)
        max: float,  # noqa: A002
        num: float,
        sum: float,  # noqa: A002
        sum_squares: float,
        bucket_limits: Sequence[float],
        bucket_counts: Sequence[float],
        global_step: int | None = None,
        **_: Any,
    ) -> None:
        """Record a distribution that was counted already."""
        del max, num, sum, sum_squares
        rights = np.asarray(bucket_limits, np.float64)
        bins = np.stack([np.concatenate([[min], rights[:-1]]), rights, np.asarray(bucket_counts, np.float64)], axis=1)
        self._histogram(tag, *_rebinned(bins), global_step)

    @safe
    def add_image(
        self, tag: str, img_tensor: Any, global_step: int | None = None, walltime: Any = None, dataformats: str = "CHW"
    ) -> None:
        """Record a picture: uint8, or numbers from 0 to 1."""
        del walltime
        self._log(tag, _picture(_array(img_tensor), dataformats.upper()), global_step)

    @safe
    def add_images(
        self, tag: str, img_tensor: Any, global_step: int | None = None, walltime: Any = None, dataformats: str = "NCHW"
    ) -> None:
        """Record pictures of one size as one sheet."""
        del walltime
        form = dataformats.upper()
        images = np.moveaxis(_array(img_tensor), form.index("N"), 0)
        pictures = [_picture(image, form.replace("N", "")) for image in images]
        columns = math.ceil(math.sqrt(len(pictures)))
        empty = np.zeros_like(pictures[0])
        pictures += [empty] * (-len(pictures) % columns)
        rows = [np.concatenate(pictures[at : at + columns], axis=1) for at in range(0, len(pictures), columns)]
        self._log(tag, np.concatenate(rows, axis=0), global_step)

    @safe
    def add_figure(self, tag: str, figure: Any, global_step: int | None = None, close: bool = True, *_: Any) -> None:
        """Record a figure of Matplotlib's, or several side by side."""
        figures: list[Any] = cast("list[Any]", figure) if isinstance(figure, list) else [figure]
        self._log(tag, np.concatenate([pictured(each) for each in figures], axis=1), global_step)
        if close:
            from matplotlib import pyplot as plt

            for each in figures:
                plt.close(each)

    @safe
    def add_text(self, tag: str, text_string: str, global_step: int | None = None, *_: Any, **__: Any) -> None:
        """Record a text."""
        self._log(tag, str(text_string), global_step)

    @safe
    def add_hparams(self, hparam_dict: Mapping[str, Any], metric_dict: Mapping[str, Any], *_: Any, **__: Any) -> None:
        """Record arguments as the text `hparams`, and what came of them."""
        told = {
            name: value if isinstance(value, (bool, int, float)) else str(value) for name, value in hparam_dict.items()
        }
        self._log("hparams", json.dumps(told), None)
        for name, value in metric_dict.items():
            self._log(name, float(value), None)

    def flush(self) -> None:
        """Write what was logged so far."""
        safe(self.recorder.flush)()

    def close(self) -> None:
        """Close the trace."""
        if self._own:
            safe(self.recorder.close)()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("add_"):
            raise AttributeError(f"A SummaryWriter has no {name!r}.", name=name, obj=self)

        def left_out(*_: Any, **__: Any) -> None:
            if name not in self._told:
                self._told.add(name)
                warn(f"{name} is not recorded: a trace has no place for it.")

        return left_out

    def _log(self, tag: str, value: Any, step: Any) -> None:
        at = self._steps.get(tag, -1) + 1 if step is None else int(step)
        self._steps[tag] = at
        self.recorder.log({tag: value}, step=at)

    def _histogram(self, tag: str, counts: Any, reach: float, step: Any) -> None:
        self._log(f"{tag}/histogram", np.asarray(counts)[None], step)
        self._log(f"{tag}/range", np.array([reach]), step)


class Importer:
    """Brings the event files of a folder into traces, one for each folder that has any, and follows them as they grow.

    Args:
        source: The folder that TensorBoard is given, or one event file.
        target: Folder of the traces; with one run a path that ends in .mla.
        overwrite: Replace traces that are there.

    Attributes:
        rows: How many values were brought in.
        troubles: What could not be read, each told once.

    Raises:
        MlaError: There is no such folder.
    """

    def __init__(self, source: Path, target: Path, *, overwrite: bool = False) -> None:
        if not source.exists():
            raise MlaError(f"There is nothing at {source}.")
        self._source, self._target, self._overwrite = source, target, overwrite
        self._files: dict[Path, EventFile] = {}
        self._runs: dict[Path, tuple[Recorder, float]] = {}
        self.rows = 0
        self.troubles: list[str] = []

    def read(self) -> int:
        """Bring in what is new, and return how many values that were."""
        before = self.rows
        for path in self._found():
            file = self._files.setdefault(path, EventFile(path))
            known = file.trouble
            for value in file.read():
                self._take(path.parent, value)
            if file.trouble != known:
                self.troubles.append(file.trouble)
        for recorder, _ in self._runs.values():
            recorder.flush()
        return self.rows - before

    def close(self) -> list[Path]:
        """Close the traces and return them."""
        for recorder, _ in self._runs.values():
            recorder.close()
        return [recorder.path for recorder, _ in self._runs.values() if recorder.path is not None]

    def _found(self) -> list[Path]:
        """Return the files, in the order in which they were begun: their names carry the time."""
        if self._source.is_file():
            return [self._source]
        return sorted(
            (path for path in self._source.rglob(EVENTS) if path.is_file()), key=lambda path: (path.parent, path.name)
        )

    def _take(self, folder: Path, value: Value) -> None:
        if folder not in self._runs:
            self._runs[folder] = self._begin(folder), value.seconds
        recorder, began = self._runs[folder]
        row = _row(value)
        if row:
            recorder.log(row, step=value.step, seconds=max(0.0, value.seconds - began))
            self.rows += 1

    def _begin(self, folder: Path) -> Recorder:
        root = self._source if self._source.is_dir() else self._source.parent
        inner = folder.relative_to(root)
        single = self._target.suffix == ".mla"
        if single and self._runs:
            raise MlaError(f"{root} holds several runs: give a folder to write to, in place of {self._target.name}.")
        name = str(inner) if inner.parts else root.resolve().name
        path = self._target if single else self._target / f"{name}.mla"
        return Recorder(path, name=name, args={"imported from": "TensorBoard"}, overwrite=self._overwrite)


def import_events(
    source: str | Path,
    target: str | Path,
    *,
    overwrite: bool = False,
    follow: bool = False,
    tell: Callable[[str], object] = lambda _: None,
) -> list[Path]:
    """Bring TensorBoard's event files into traces.

    Args:
        source: The folder that TensorBoard is given, or one file.
        target: Folder of the traces; with one run a path that ends in .mla.
        overwrite: Replace traces that are there.
        follow: Go on with what is written later, until interrupted.
        tell: Called with each line for the person who waits.

    Returns:
        The traces.

    Raises:
        MlaError: There is nothing to read, or a trace is there already.
    """
    importer = Importer(Path(source), Path(target), overwrite=overwrite)
    try:
        importer.read()
        if not importer.rows and not follow:
            raise MlaError(f"{source} holds no event files of TensorBoard's that can be read.")
        if follow:
            tell(f"{importer.rows} values. Following; ctrl-C ends it.")
        while follow:
            time.sleep(1.0)
            importer.read()
    except KeyboardInterrupt:
        pass
    finally:
        traces = importer.close()
        for trouble in importer.troubles:
            tell(trouble)
    tell(f"{importer.rows} values in {len(traces)} {'trace' if len(traces) == 1 else 'traces'}.")
    return traces


def _row(value: Value) -> dict[str, Any]:
    """Return a value of an event file as a row of a trace."""
    if value.kind == "histogram":
        counts, reach = _rebinned(value.value)
        return {f"{value.tag}/histogram": counts[None], f"{value.tag}/range": np.array([reach])}
    if value.kind == "picture":
        from PIL import Image

        try:
            return {value.tag: np.array(Image.open(io.BytesIO(value.value)).convert("RGB"), np.uint8)}
        except Exception:  # no picture that can be read: a trace goes on without it
            return {}
    return {value.tag: value.value}


def _rebinned(bins: NDArray[np.float64]) -> tuple[NDArray[np.float32], float]:
    """Return counts in bins of equal width over ±range, float32 (40,), and the range: each bin's count lies evenly within it."""
    used = bins[(bins[:, 2] > 0) & np.isfinite(bins).all(axis=1)]
    counts = np.zeros(BINS, np.float64)
    if not len(used):
        return counts.astype(np.float32), 0.0
    for row in used:  # the outer bins of TensorFlow's are open
        if abs(row[1]) > 1e300:
            row[1] = row[0]
        if abs(row[0]) > 1e300:
            row[0] = row[1]
    largest = float(np.abs(used[:, :2]).max())
    if largest == 0.0:
        counts[BINS // 2] = used[:, 2].sum()
        return counts.astype(np.float32), 0.0
    reach = 2.0 ** math.ceil(math.log2(largest))
    edges = np.linspace(-reach, reach, BINS + 1)
    rows: list[list[float]] = used.tolist()
    for left, right, count in rows:
        if right <= left:
            counts[min(BINS - 1, int((left + reach) / (2 * reach) * BINS))] += count
        else:
            counts += count * np.diff(np.clip((edges - left) / (right - left), 0.0, 1.0))
    return counts.astype(np.float32), reach


def _array(values: Any) -> Any:
    """Return a tensor of any library as an array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if "bfloat16" in str(values.dtype) else values
        return np.array(values.numpy())
    return np.asarray(values)


def _picture(image: Any, form: str) -> NDArray[np.uint8]:
    """Return a picture as uint8 (height, width, 3), or (height, width) of one that is grey."""
    if sorted(form) not in (["H", "W"], ["C", "H", "W"]) or image.ndim != len(form):
        raise ValueError(f"a picture of shape {image.shape} is no {form}")
    if image.dtype != np.uint8:
        image = (np.clip(image.astype(np.float64), 0.0, 1.0) * 255.0).astype(np.uint8)
    image = image.transpose([form.index(axis) for axis in ("HWC" if "C" in form else "HW")])
    if image.ndim == 3:
        image = image[..., 0] if image.shape[2] < 3 else image[..., :3]
    return np.ascontiguousarray(image)
