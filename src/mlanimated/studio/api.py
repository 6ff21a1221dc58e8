"""REST, /api/v1: runs, their series and events, rows that are sent in, films, control."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from mlanimated.studio.description import panels
from mlanimated.studio.drawing import names_of
from mlanimated.studio.exports import FORMATS, Order, table
from mlanimated.studio.folder import spoken
from mlanimated.studio.intake import Batch, Event, Row, decoded
from mlanimated.studio.panels import Panel
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.studio import Studio
from mlanimated.trace import Series

__all__ = ["Json", "Served", "answer", "router", "studio_of"]

MOST_VALUES = 4_000_000
MOST_POINTS = 10_000

router = APIRouter(prefix="/api/v1", tags=["runs"])


class Json(Response):
    """JSON in which what is not a number is null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the content as JSON."""
        return msgspec.json.encode(content, enc_hook=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    raise TypeError(type(value).__name__)


def studio_of(request: Request) -> Studio:
    """Return the studio that a request is for."""
    return request.app.state.studio


def answer(content: Any, status: int = 200) -> Json:
    """Return an answer."""
    return Json(content, status)


Served = Annotated[Studio, Depends(studio_of)]
Whole = Annotated[int, Field(gt=-(1 << 62), lt=1 << 62)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
StepFrom = Annotated[float | None, Query(description="First step; all by default.", allow_inf_nan=False)]
StepTo = Annotated[float | None, Query(description="Last step; all by default.", allow_inf_nan=False)]


class Wanted(BaseModel):
    """A run that is to be begun."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(description="Path within the folder, less .mla.", max_length=400)
    title: str = Field("", description="What it is called; its name by default.", max_length=200)
    args: dict[str, Any] = Field(default_factory=dict, description="Arguments it is made with.", max_length=200)
    seed: int | None = Field(None, description="Seed of its random numbers.", ge=-(1 << 62), le=1 << 62)
    hypothesis: str = Field("", description="What it is meant to show, in a line.", max_length=1000)


class Moment(BaseModel):
    """A named moment."""

    name: str = Field(max_length=200)
    text: str = Field("", max_length=2000)
    step: Whole | None = None


class Values(BaseModel):
    """Values of one step: numbers, texts, lists of numbers."""

    values: dict[str, Any] = Field(max_length=500)
    step: Whole | None = None


class Rows(BaseModel):
    """Rows and events that are sent in at once."""

    model_config = ConfigDict(extra="forbid")
    values: dict[str, Any] = Field(
        default_factory=dict, description="Series → value, where there is one row.", max_length=500
    )
    step: Whole | None = Field(None, description="Its step; one more than the last by default.")
    rows: list[Values] = Field(default_factory=list[Values], max_length=10_000)
    events: list[Moment] = Field(default_factory=list[Moment], max_length=1000)
    client: str = Field("", description="Who sends, where batches are numbered.", max_length=100)
    number: int | None = Field(
        None, description="Number of this batch: one that was answered is not written twice.", ge=0, lt=1 << 53
    )
    finish: bool = Field(False, description="Close the run afterwards.")


class Command(BaseModel):
    """What a training shall do."""

    model_config = ConfigDict(extra="forbid")
    command: Literal["pause", "play", "step", "slower", "faster", "checkpoint", "stop", "set"]
    name: str = Field("", max_length=200)
    value: Finite | None = None


class Branch(BaseModel):
    """Where a training is taken up again, and with which values."""

    model_config = ConfigDict(extra="forbid")
    step: Whole
    values: dict[str, Finite] = Field(default_factory=dict, max_length=50)
    name: str = Field("", max_length=400)


class Tags(BaseModel):
    """The tags of a run."""

    tags: list[Annotated[str, Field(max_length=40)]] = Field(max_length=20)


@router.get("/runs", summary="Find runs")
def find_runs(
    studio: Served,
    search: Annotated[str, Query(max_length=400, description="Words in name, title, arguments or tags.")] = "",
    sort: Annotated[str, Query(description="changed, created, name, steps or value.")] = "changed",
    state: Annotated[str, Query(description="running, paused, silent, stopped, finished or damaged.")] = "",
    tag: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=0, le=20_000)] = 1000,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Return runs with their state, last step, headline value and a small curve."""
    found, total = studio.listed(search=search, sort=sort, state=state, tag=tag, limit=limit, skip=skip)
    return answer({"runs": [card.told(tags) for card, tags in found], "total": total})


@router.post("/runs", status_code=201, summary="Begin a run")
def begin_run(studio: Served, wanted: Wanted) -> Response:
    """Begin a run that is written over HTTP. Its id has ~1 where the name has a slash."""
    run = studio.begin(
        wanted.name, title=wanted.title, args=wanted.args, seed=wanted.seed, hypothesis=wanted.hypothesis
    )
    return answer({"run": run}, 201)


@router.get("/runs/{run}", summary="Describe a run")
def get_run(studio: Served, run: str) -> Response:
    """Return all that is known of a run: where it comes from, its series, the panels that suit it, controls, kept steps."""
    card, tags = studio.card(run)
    if card.trouble:
        return answer(card.told(tags))
    found = studio.runs.fresh(run)
    with found.lock:
        trace = found.trace
        told = {
            **card.told(tags),
            "about": msgspec.structs.asdict(trace.about),
            "status": trace.status,
            "finished": trace.finished,
            "version": trace.version,
            "series": [_info(trace.info(name)._asdict()) for name in trace.names],
            "panels": [msgspec.to_builtins(panel) for panel in panels(trace)],
            "checkpoints": list(found.checkpoints),
            "controls": [
                {"name": name, "value": each.value, "minimum": each.minimum, "maximum": each.maximum}
                for name, each in found.controls.items()
            ],
        }
    return answer(told)


@router.get("/runs/{run}/series", summary="Read a series")
def get_series(
    studio: Served,
    run: str,
    name: Annotated[str, Query(description="The series.")],
    start: StepFrom = None,
    stop: StepTo = None,
    points: Annotated[
        int | None, Query(ge=1, le=MOST_POINTS, description="In so many buckets with low and high; scalars alone.")
    ] = None,
    form: Annotated[
        Literal["json", "binary"], Query(description="binary: a line of JSON, then steps, times, values.")
    ] = "json",
) -> Response:
    """Return the rows of a series, or a summary of them that costs the same however long it is."""
    found = studio.runs.fresh(run)
    with found.lock:
        trace = found.trace
        if name not in trace.names:
            raise Refusal(404, f"The run has no series {name[:100]!r}.")
        info = trace.info(name)
        if points is not None:
            if info.kind != "scalar":
                raise Refusal(422, f"{name[:100]!r} holds no single numbers and has no summary.")
            low = info.first_step if start is None else start
            part = trace.summary(name, low, info.last_step if stop is None else stop, points)
            fields = ("steps", "stops", "low", "high", "first", "last", "rows", "gaps")
            return answer({"name": name, **{field: getattr(part, field).tolist() for field in fields}})
        share = info.rows
        if start is not None or stop is not None:
            own = trace.steps(name)
            low, high = (own[0] if start is None else start), (own[-1] if stop is None else stop)
            share = int(np.searchsorted(own, high, side="right") - np.searchsorted(own, low))
        if max(0, share) * max(1, int(np.prod(info.shape))) > MOST_VALUES:
            raise Refusal(413, f"That is more than {MOST_VALUES} numbers: narrow start and stop, or ask for points.")
        series = trace.series(name, start, stop)
    if form == "binary":
        return Response(_packed(name, series), media_type="application/octet-stream")
    return answer({"name": name, "steps": series.steps, "times": series.times, "values": series.values})


@router.get("/runs/{run}/events", summary="Read the events")
def get_events(studio: Served, run: str) -> Response:
    """Return the named moments of a run."""
    events = studio.runs.fresh(run).trace.events
    return answer({"events": [event._asdict() for event in events]})


@router.get("/runs/{run}/picture", summary="See a picture", response_class=Response)
def get_picture(studio: Served, run: str, name: str, step: StepTo = None) -> Response:
    """Return a recorded picture as PNG: the last one at or before a step."""
    from io import BytesIO

    from PIL import Image

    found = studio.runs.fresh(run)
    with found.lock:
        trace = found.trace
        if name not in trace.names or trace.info(name).kind != "picture":
            raise Refusal(404, f"The run has no pictures {name[:100]!r}.")
        value = trace.value(name, trace.last_step if step is None else step)
    if value is None:
        raise Refusal(404, f"{name[:100]!r} has no picture so early.")
    stream = BytesIO()
    Image.fromarray(np.ascontiguousarray(value)).save(stream, "PNG")
    return Response(stream.getvalue(), media_type="image/png")


@router.post("/runs/{run}/append", summary="Send rows and events")
async def append(studio: Served, run: str, rows: Annotated[Rows, Body()]) -> Response:
    """Write rows and events to a run that was begun here. The answer means that they are on disk."""
    batch = Batch(
        rows.values,
        rows.step,
        [Row(row.values, row.step) for row in rows.rows],
        [Event(event.name, event.text, event.step) for event in rows.events],
        rows.client,
        rows.number,
        rows.finish,
    )
    return answer(await asyncio.to_thread(studio.append, run, batch))


@router.post("/runs/{run}/append.bin", summary="Send arrays and pictures", openapi_extra={
    "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
})  # fmt: skip
async def append_binary(studio: Served, run: str, request: Request) -> Response:
    """Write rows whose arrays follow as bytes: one line of JSON as for append, a line feed, then the arrays one after the other."""
    body = await request.body()

    def write() -> dict[str, Any]:
        return studio.append(run, decoded(body))

    return answer(await asyncio.to_thread(write))


@router.post("/runs/{run}/finish", summary="Close a run")
def finish(studio: Served, run: str) -> Response:
    """Make a run that was written over HTTP one plain file."""
    studio.finish(run)
    return answer({"run": run})


@router.put("/runs/{run}/tags", summary="Tag a run")
def put_tags(studio: Served, run: str, tags: Tags) -> Response:
    """Give a run other tags."""
    studio.folder.get(run)
    kept = studio.cards.tag(run, tags.tags)
    studio.hub.told("runs")
    return answer({"run": run, "tags": kept})


@router.delete("/runs/{run}", summary="Delete a run")
def delete_run(studio: Served, run: str) -> Response:
    """Move a run to the trash. The token that is answered brings it back, for a week."""
    return answer({"run": run, "undo": studio.delete(run)})


@router.post("/undo/{token}", summary="Bring a deleted run back")
def undo(studio: Served, token: str) -> Response:
    """Bring a deleted run back."""
    return answer({"run": studio.undo(token)})


@router.post("/runs/{run}/control", summary="Take a training in hand")
def control(studio: Served, run: str, command: Command) -> Response:
    """Pause, resume, step, save or stop a training, or give one of its controls another value. It obeys at its next tick."""
    studio.control(run, command.command, command.name, command.value)
    return answer({"run": run, "command": command.command}, 202)


@router.post("/runs/{run}/branch", status_code=201, summary="Branch a run")
def branch(studio: Served, run: str, wanted: Branch) -> Response:
    """Go on from the newest state kept at or before a step, with other values, as a new run. For registered recipes."""
    return answer({"run": studio.branch(run, wanted.step, wanted.values, wanted.name)}, 201)


@router.get("/runs/{run}/film.{form}", summary="Take a film home", response_class=Response)
async def film(
    studio: Served,
    run: str,
    form: str,
    other: Annotated[list[str], Query(alias="with", description="Further runs, on the same clock.", max_length=7)] = [],  # noqa: B006
    panel: Annotated[list[str], Query(description="Panels as JSON; what tells most by default.", max_length=12)] = [],  # noqa: B006
    align: Annotated[str, Query(max_length=200)] = "step",
    theme: Literal["", "light", "dark"] = "",
    width: Annotated[int, Query(ge=320, le=1920)] = 1280,
    height: Annotated[int, Query(ge=240, le=1920)] = 720,
    seconds: Annotated[float | None, Query(gt=0, le=120)] = None,
    step: Annotated[float | None, Query(allow_inf_nan=False)] = None,
    series: Annotated[list[str], Query(description="Of a CSV: its columns.", max_length=500)] = [],  # noqa: B006
) -> Response:
    """Return a run as .html, .mp4, .gif, .webp, as a picture (.png, .svg) of a step, or its scalars as .csv."""
    found = [await asyncio.to_thread(studio.runs.fresh, each) for each in dict.fromkeys([run, *other])]
    name = spoken(run).replace("/", "-")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{_quoted(f'{name}.{form}')}"}
    if form == "csv":
        lines: Iterator[str] = table(found[0].trace, series)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
    if form not in FORMATS:
        raise Refusal(404, f"A film is .{', .'.join(FORMATS)} or .csv, not .{form[:20]}.")
    try:
        chosen = tuple(Panel.checked(msgspec.json.decode(text)) for text in panel)
    except (msgspec.DecodeError, RecursionError):
        raise Refusal(422, "A panel is written as JSON.") from None
    order = Order(
        names_of(found),
        tuple(str(each.path) for each in found),
        chosen,
        align,
        theme,
        width - width % 2,
        height - height % 2,
        seconds,
        step,
        found[0].trace.about.name or name,
        f"film.{form}",
    )
    path: Path = await studio.exporter.film(order)
    clean = BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True)
    return FileResponse(path, media_type=FORMATS[form], headers=headers, background=clean)


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _info(info: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a series, its shape as a list."""
    return {**info, "shape": list(info["shape"])}


def _packed(name: str, series: Series) -> bytes:
    """Return rows in the binary form: a line of JSON, then steps (int64), times (float64) and values, little-endian."""
    if isinstance(series.values, list):
        raise Refusal(422, "Texts have no binary form.")
    values = np.ascontiguousarray(series.values)
    kind = values.dtype.newbyteorder("<")
    head = {"name": name, "rows": len(series), "dtype": values.dtype.name, "shape": list(values.shape[1:])}
    parts = [series.steps.astype("<i8").tobytes(), series.times.astype("<f8").tobytes(), values.astype(kind).tobytes()]
    return msgspec.json.encode(head) + b"\n" + b"".join(parts)
