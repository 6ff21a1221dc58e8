"""Live: what a page is sent, what it is not sent while it is slow, and what it is told when a run is in trouble."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import mlanimated as mla
from mlanimated.draw.commands import Circle, Group
from mlanimated.draw.frame import Frame
from mlanimated.studio.client import MOST_IN_FLIGHT, Client
from mlanimated.studio.drawing import Stage
from mlanimated.studio.panels import KINDS, Panel
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.studio import Studio

LOSS = {"kind": "lines", "series": ["train/loss"]}


def head(message: bytes) -> dict[str, Any]:
    """The head of a frame's message."""
    return json.loads(message[16:].split(b"\n", 1)[0])


class Page:
    """A page without a browser: a socket in memory. It paints what it gets, unless it is slow."""

    def __init__(self, studio: Studio, *, paints: bool = True) -> None:
        self.paints = paints
        self.frames: list[bytes] = []
        self.words: list[dict[str, Any]] = []
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.came = asyncio.Event()
        self.client = Client(studio.hub, self, lambda changed: dict.fromkeys(changed, "<row>"))
        self.task = asyncio.create_task(self.client.serve())

    async def send_bytes(self, data: bytes) -> None:
        self.frames.append(data)
        self.came.set()
        if self.paints:
            self.say(got=struct.unpack_from("<H", data)[0])

    async def send_text(self, data: str) -> None:
        self.words.append(json.loads(data))
        self.came.set()

    async def receive_text(self) -> str:
        return await self.said.get()

    def say(self, **words: Any) -> None:
        self.said.put_nowait(json.dumps(words))

    def watch(self, *runs: str, panel: dict[str, Any] | None = None, at: float | None = None, **more: Any) -> None:
        panels = {"0": {"panel": panel or LOSS, "width": 640}}
        self.say(watch={"runs": list(runs), "panels": panels, "at": at, "number": 1, **more})

    async def until(self, reached: Callable[[], Any], seconds: float = 60.0) -> Any:
        async def wait() -> Any:
            while not (answer := reached()):
                self.came.clear()
                await asyncio.wait({asyncio.create_task(self.came.wait())}, timeout=0.05)
            return answer

        return await asyncio.wait_for(wait(), seconds)

    def word(self, name: str) -> Any:
        return next((words[name] for words in reversed(self.words) if name in words), None)

    async def close(self) -> None:
        self.client.end()
        await asyncio.wait({self.task})


def live(studio: Studio, story: Callable[[], Any]) -> None:
    """Run a story while the studio is open."""

    async def run() -> None:
        await studio.start()
        try:
            await story()
        finally:
            await studio.stop()

    with ThreadPoolExecutor(1) as thread:  # this one may have a browser's event loop running
        thread.submit(asyncio.run, run()).result()


def test_a_page_is_sent_what_it_looks_at_and_what_is_new(studio: Studio, folder: Path) -> None:
    async def story() -> None:
        with mla.Recorder(folder / "mine.mla") as recorder:
            recorder.log({"train/loss": 1.0}, step=0)
            recorder.flush()
            page = Page(studio)
            page.watch("mine")
            first = await page.until(lambda: page.frames and page.frames[0])
            assert head(first)["palette"], "the first frame brings the colours"
            assert page.word("info")["mine"]["series"] == [["train/loss", "scalar"]]
            assert page.word("state")["mine"]["last"] == 0
            recorder.log({"train/loss": 0.5}, step=1)
            second = await page.until(lambda: len(page.frames) > 1 and page.frames[1])
            assert "palette" not in head(second)
            assert len(second) < len(first)
            await page.until(lambda: page.word("state")["mine"]["last"] == 1)
            await page.close()
        assert not studio.hub.clients

    live(studio, story)


def test_the_doorbell_hangs_while_somebody_watches(studio: Studio, folder: Path) -> None:
    async def story() -> None:
        bell = folder / ".mla-doorbell"
        assert not bell.exists()
        page = Page(studio)
        await page.until(bell.exists)
        await page.close()
        assert not bell.exists()

    live(studio, story)


def test_a_ring_is_heard_without_looking_at_files(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlanimated.studio.hub.WATCH_SECONDS", 3600.0)

    async def story() -> None:
        page = Page(studio)
        await page.until((folder / ".mla-doorbell").exists)
        with mla.Recorder(folder / "mine.mla") as recorder:
            recorder.log({"train/loss": 1.0}, step=0)
            recorder.flush()
            page.watch("mine")
            await page.until(lambda: page.frames)
            recorder.log({"train/loss": 0.5}, step=1)
            await page.until(lambda: (page.word("state") or {}).get("mine", {}).get("last") == 1)
        await page.close()

    live(studio, story)


def test_a_ring_without_the_key_is_nothing(studio: Studio) -> None:
    heard: list[str] = []

    async def story() -> None:
        studio.hub._hear = heard.append  # type: ignore[method-assign]
        key = studio.hub._key.encode()
        for data in (
            b"",
            b"wrong mine.mla",
            b" mine.mla",
            key + b" sub/mine.mla",
            key + b" " + b"\xff" * 20,
            key + b" " + b"x" * 5000,
        ):
            studio.hub._ring(data)

    live(studio, story)
    assert heard[0] == "sub~1mine"
    assert len(heard) == 2


def test_who_does_not_paint_is_sent_no_more_and_then_the_newest(studio: Studio, folder: Path) -> None:
    async def story() -> None:
        with mla.Recorder(folder / "mine.mla") as recorder:
            recorder.log({"train/loss": 1.0}, step=0)
            recorder.flush()
            slow, quick = Page(studio, paints=False), Page(studio)
            slow.watch("mine")
            quick.watch("mine")
            await slow.until(lambda: slow.frames)
            for step in range(1, 12):
                recorder.log({"train/loss": 1.0 / step}, step=step)
                recorder.flush()
                await quick.until(lambda step=step: (quick.word("state") or {}).get("mine", {}).get("last") == step)
            await quick.until(lambda: len(quick.frames) > MOST_IN_FLIGHT + 2)
            assert len(slow.frames) <= MOST_IN_FLIGHT
            sent = len(slow.frames)
            slow.paints = True
            for _ in range(sent):
                slow.say(got=0)
            await slow.until(lambda: len(slow.frames) > sent)
            stage, number = slow.client._seen[0]
            assert number == stage.number, "what it gets then is the newest"
            assert head(slow.frames[-1])["forget"]
            await slow.close()
            await quick.close()

    live(studio, story)


def test_one_drawing_serves_all_who_follow(studio: Studio, folder: Path) -> None:
    async def story() -> None:
        with mla.Recorder(folder / "mine.mla") as recorder:
            recorder.log({"train/loss": 1.0}, step=0)
            recorder.flush()
            pages = [Page(studio) for _ in range(10)]
            for page in pages:
                page.watch("mine")
            for page in pages:
                await page.until(lambda page=page: page.frames)
            assert studio.hub.drawn == 1
            assert len({page.frames[0] for page in pages}) == 1
            for page in pages:
                await page.close()

    live(studio, story)


@pytest.mark.slow
def test_two_hundred_pages_stay_alive(studio: Studio, folder: Path) -> None:
    async def story() -> None:
        with mla.Recorder(folder / "mine.mla") as recorder:
            recorder.log({"train/loss": 1.0}, step=0)
            recorder.flush()
            pages = [Page(studio, paints=index % 3 > 0) for index in range(200)]
            for page in pages:
                page.watch("mine")
            for page in pages:
                await page.until(lambda page=page: page.frames, 120)
            for step in range(1, 6):
                recorder.log({"train/loss": 1.0 / step}, step=step)
                recorder.flush()
            for page in pages:
                await page.until(lambda page=page: page.word("state")["mine"]["last"] == 5, 120)
                assert not page.task.done()
            for page in pages:
                await page.close()
        assert not studio.hub.clients

    live(studio, story)


def test_a_panel_whose_series_rests_is_not_drawn_again(studio: Studio, folder: Path) -> None:
    async def story() -> None:
        with mla.Recorder(folder / "mine.mla") as recorder:
            recorder.log({"train/loss": 1.0, "other": 1.0}, step=0)
            recorder.flush()
            page = Page(studio)
            page.watch("mine")
            await page.until(lambda: page.frames)
            drawn = studio.hub.drawn
            recorder.log({"other": 2.0}, step=1)
            await page.until(lambda: page.word("state")["mine"]["last"] == 1)
            assert studio.hub.drawn == drawn
            await page.close()

    live(studio, story)


def test_scrubbing_goes_to_the_step_and_back_to_the_end(studio: Studio, write: Callable[..., Path]) -> None:
    write()

    async def story() -> None:
        page = Page(studio)
        page.watch("mine", panel={"kind": "words", "series": ["note"]})
        await page.until(lambda: b"step 19" in (page.frames or [b""])[-1])
        page.say(at=4)
        await page.until(lambda: b'"step 4"' in page.frames[-1])
        assert struct.unpack_from("<d", page.frames[-1], 8) == (4.0,)
        page.say(at=4.9)
        page.say(at=None)
        await page.until(lambda: b"step 19" in page.frames[-1])
        for nonsense in ("x", [], {}, True, 1e400, -1e9):
            page.say(at=nonsense)
        page.say(at=7)
        await page.until(lambda: b'"step 7"' in page.frames[-1])
        await page.close()

    live(studio, story)


def test_runs_side_by_side_on_one_clock(studio: Studio, write: Callable[..., Path]) -> None:
    write("short", steps=10)
    write("long", steps=100)

    async def story() -> None:
        page = Page(studio)
        page.watch("short", "long", panel={"kind": "words", "series": ["note"]}, align="progress", at=3)
        frame = await page.until(lambda: page.frames and page.frames[-1])
        assert b'"step 3"' in frame
        assert b'"step 33"' in frame
        page.watch("short", "long", panel={"kind": "words", "series": ["note"]}, at=3)
        await page.until(lambda: page.frames[-1].count(b'"step 3"') == 2)
        await page.close()

    live(studio, story)


def test_a_run_that_is_deleted_or_torn_or_replaced_is_a_sentence(studio: Studio, write: Callable[..., Path]) -> None:
    path = write()
    whole = path.read_bytes()

    def trouble(page: Page) -> str:
        return (page.word("state") or {}).get("mine", {}).get("trouble", "")

    async def story() -> None:
        page = Page(studio)
        page.watch("mine")
        await page.until(lambda: page.frames)
        path.unlink()
        await page.until(lambda: "deleted" in trouble(page))
        path.write_bytes(whole[: len(whole) // 2])
        await page.until(lambda: "cut short" in trouble(page))
        path.write_bytes(b"x" * 5000)
        await page.until(lambda: "not a trace" in trouble(page))
        path.write_bytes(whole)
        await page.until(lambda: page.words and trouble(page) == "")
        path.unlink()
        write(steps=33)
        await page.until(lambda: page.word("state")["mine"]["last"] == 32)
        assert str(path.parent) not in json.dumps(page.words), "no path is told"
        await page.close()

    live(studio, story)


@pytest.mark.slow
def test_the_list_is_told_of_runs_that_come_and_go(studio: Studio, write: Callable[..., Path]) -> None:
    async def story() -> None:
        page = Page(studio)
        page.say(list=True)
        path = write()
        await page.until(lambda: "mine" in (page.word("runs") or {}))
        path.unlink()
        await asyncio.sleep(0)
        await page.until(lambda: "mine" not in studio.folder.found)
        await page.close()

    live(studio, story)


def test_a_page_is_told_what_changed_before_it_listened(studio: Studio) -> None:
    async def story() -> None:
        page = Page(studio)
        page.say(list=True, seen=studio.hub.listing)
        page.say(rows=["nobody"])
        await page.until(lambda: page.word("runs") is not None)
        assert page.word("old") is None, "the list that it shows is the newest"
        page.say(list=True, seen=studio.hub.listing - 1)
        await page.until(lambda: page.word("old") is True)
        page.say(list=True, seen=None)
        await page.until(lambda: [words for words in page.words if "old" in words] == [{"old": True}] * 2)
        page.say(cells=True)
        await page.until(lambda: page.word("cells") is True)
        await page.close()

    live(studio, story)


def test_rows_that_are_asked_for_come_in_parts(studio: Studio, write: Callable[..., Path]) -> None:
    write()

    async def story() -> None:
        studio.folder.look()
        page = Page(studio)
        page.say(rows=["mine", 3, *(f"x{index}" for index in range(100))])
        await page.until(lambda: sum(len(words.get("runs", ())) for words in page.words) == 101)
        assert max(len(words.get("runs", ())) for words in page.words) <= 40
        await page.close()

    live(studio, story)


@pytest.mark.parametrize(
    "asked",
    [
        {"runs": []},
        {"runs": "mine"},
        {"runs": ["nobody"]},
        {"runs": ["mine"] , "align": "nothing"},
        {"runs": ["mine"], "panels": {"x": {"panel": LOSS, "width": 640}}},
        {"runs": ["mine"], "panels": {"0": {"panel": LOSS, "width": 641}}},
        {"runs": ["mine"], "panels": {"70000": {"panel": LOSS, "width": 640}}},
        {"runs": ["mine"], "panels": {"0": {"panel": {"kind": "film"}, "width": 640}}},
        {"runs": ["mine"], "panels": {"0": {"panel": {"kind": "lines"}, "width": 640}}},
        {"runs": ["mine"], "panels": {"0": {"panel": {**LOSS, "smooth": 3}, "width": 640}}},
        {"runs": ["mine"], "panels": {"0": {"panel": {**LOSS, "start": 3}, "width": 640}}},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_in_a_line(
    studio: Studio, write: Callable[..., Path], asked: dict[str, Any]
) -> None:
    write()

    async def story() -> None:
        page = Page(studio)
        page.said.put_nowait("no json")
        page.said.put_nowait("[1, 2]")
        page.said.put_nowait('{"got": "x"}')
        page.say(watch=asked)
        assert "\n" not in await page.until(lambda: page.word("trouble"))
        page.watch("mine")
        await page.until(lambda: page.frames)
        await page.close()

    live(studio, story)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_panel_is_drawn_of_every_kind_of_series(
    studio: Studio, write: Callable[..., Path], kind: str
) -> None:
    """A panel that does not suit its series says so; it fails nothing."""
    write()

    async def story() -> None:
        page = Page(studio)
        names = (
            [()]
            if kind in {"events", "scene"}
            else [("train/loss",), ("weights",), ("frame",), ("note",), ("missing",)]
        )
        panels = {
            str(index): {"panel": {"kind": kind, "series": list(series)}, "width": 400}
            for index, series in enumerate(names)
        }
        page.say(watch={"runs": ["mine"], "panels": panels, "at": 5, "number": 1})
        await page.until(lambda: len(page.frames) >= len(names))
        assert not page.word("trouble")
        await page.close()

    live(studio, story)


def test_a_socket_speaks_as_the_pages_do(asker: TestClient, write: Callable[..., Path]) -> None:
    write()
    with asker.websocket_connect("/live", headers={"host": "127.0.0.1"}) as socket:
        socket.send_json({"watch": {"runs": ["mine"], "panels": {"3": {"panel": LOSS, "width": 640}}, "number": 9}})
        while True:
            message = socket.receive()
            if message.get("bytes"):
                break
        assert struct.unpack_from("<HHI", message["bytes"]) == (3, 0, 9)
        assert head(message["bytes"])["format"] == 1


def test_a_stage_sends_differences_and_wholes() -> None:
    def frame(x: float) -> Frame:
        still = Group((Circle(1.0, 1.0, 50.0, "ink"),) * 20, key="still")
        return Frame(100.0, 50.0, (still, Group((Circle(x, 2.0, 3.0, "accent"),), key="dot")))

    stage = Stage()
    stage.take(frame(1.0), 1)
    first = stage.message(None)
    assert stage.message(0) != first
    assert stage.message(stage.number) == b""
    stage.take(frame(2.0), 2)
    delta, whole = stage.message(1), stage.message(0)
    assert len(delta) < len(whole) < len(first)
    stage.take(frame(2.0), 3)
    assert stage.number == 2, "a frame that looks the same is none"
    stage.take(frame(3.0), 4)
    assert stage.message(1) == stage.message(0), "who has missed one gets the whole"


def test_panels_are_checked() -> None:
    assert Panel.checked({"kind": "lines", "series": ["a/loss", "b/loss"]}).title == "loss"
    assert Panel.checked({"kind": "lines", "series": ["train/a", "train/b"]}).group == "train"
    for wrong in (
        None,
        3,
        {},
        {"kind": 3},
        {"kind": "lines", "series": ["a"] * 13},
        {"kind": "scene", "series": ["a"]},
    ):
        with pytest.raises(Refusal):
            Panel.checked(wrong)


def test_histograms_that_are_counted_are_shown_over_time(studio: Studio, folder: Path) -> None:
    import numpy as np

    from mlanimated.studio.panels import panels_of

    with mla.Recorder(folder / "mine.mla") as recorder:
        recorder.log({"watch/names": '["first", "second"]'}, step=0)
        for step in range(30):
            counts = np.eye(2, 40, step, dtype=np.int32) * 5
            recorder.log({"weights/histogram": counts, "weights/range": np.array([1.0, 2.0]), "loss": 1.0}, step=step)
    found = panels_of(mla.Trace.open(folder / "mine.mla"))
    ridges = [panel for panel in found if panel.kind == "ridges"]
    assert [(panel.tensor, panel.title) for panel in ridges] == [(0, "weights first"), (1, "weights second")]
    assert not any(
        {"weights/range", "weights/histogram"} & set(panel.series) for panel in found if panel.kind != "ridges"
    )

    async def story() -> None:
        page = Page(studio)
        asked = {"kind": "ridges", "series": ["weights/histogram"], "tensor": 1}
        page.say(watch={"runs": ["mine"], "number": 1, "panels": {"0": {"panel": asked, "width": 640}}})
        await page.until(lambda: page.frames)
        assert b"cannot be drawn" not in page.frames[0]
        await page.close()

    live(studio, story)
