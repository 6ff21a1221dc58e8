"""The live view in a notebook: the model that a kernel holds, and its page in a real browser."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.errors import MissingExtra, MlaError
from mlanimated.render.html import widget
from mlanimated.studio import notebook
from mlanimated.studio.notebook import live, rest

comms: Any = pytest.importorskip("comm")

pytestmark = pytest.mark.slow


def until(so: Callable[[], object], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < limit
        time.sleep(0.01)


class Wire(comms.base_comm.BaseComm):  # type: ignore[misc, name-defined]
    """A comm of which the other end is this test."""

    said: list[tuple[dict[str, Any], list[bytes], str]]

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        if msg_type != "comm_close":
            self.__dict__.setdefault("said", []).append(
                (data, [bytes(each) for each in buffers or []], threading.current_thread().name)
            )


@pytest.fixture(autouse=True)
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget")
    monkeypatch.setattr(comms, "create_comm", Wire)


@pytest.fixture
def recorder() -> Iterator[mla.Recorder]:
    with mla.Recorder(name="sines") as made:
        yield made


def logged(recorder: mla.Recorder, start: int, stop: int) -> None:
    for step in range(start, stop):
        recorder.log({"train/loss": 1 / (step + 1), "weights": np.sin(np.arange(6.0).reshape(2, 3) + step)}, step=step)


def shown(found: Any) -> Any:
    """Return the widget of a live view, and wait for its first word."""
    made = found.widget
    until(lambda: made.state)
    return made


def sent(made: Any) -> bool:
    """Return whether the newest frame is on its way, and what is said with it."""
    return any(made.frame and buffers == [made.frame] for _, buffers, _ in made.comm.said)


def ask(made: Any, number: int, **words: Any) -> None:
    """Have a viewer ask for something, and wait until it is heard."""
    made._handle_custom_msg({"number": number, **words}, [])
    until(lambda: made.state["heard"] == number)


class TestKernel:
    def test_frames_are_pushed_by_a_thread_while_the_training_logs(self, recorder: mla.Recorder) -> None:
        found = live(recorder)
        made = shown(found)
        assert made.state["status"] == "waiting for the first row"
        logged(recorder, 0, 5)
        until(lambda: made.state.get("last") == 4)
        first = made.frame
        logged(recorder, 5, 9)
        until(lambda: made.state["last"] == 8 and sent(made))
        assert made.frame != first
        assert gzip.decompress(made.frame).startswith(b'{"format":1')
        assert made.state["status"] == "running"
        assert "train/loss" in made.state["words"]
        pushed = [(data, buffers, thread) for data, buffers, thread in made.comm.said if data.get("method") == "update"]
        assert {thread for *_, thread in pushed} == {"mla-live"}
        assert any(data["buffer_paths"] == [["frame"]] and buffers == [made.frame] for data, buffers, _ in pushed)

    def test_nothing_is_drawn_where_nothing_is_new(self, recorder: mla.Recorder) -> None:
        logged(recorder, 0, 5)
        found = live(recorder)
        made = shown(found)
        until(lambda: found.frames and sent(made))
        said = len(made.comm.said)
        time.sleep(0.3)
        assert found.frames == 1
        assert len(made.comm.said) == said

    def test_drawing_leaves_the_training_nine_tenths_of_the_time(self) -> None:
        assert rest(0.001, 1000) == 0.05
        assert rest(0.03, 1000) == pytest.approx(0.3)
        assert rest(0.001, 800_000) == 2.0
        assert rest(0.5, 0) == 0.05

    def test_a_training_in_another_process_that_has_not_begun(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.mla"
        found = live(path)
        made = shown(found)
        assert repr(found) == "Live('mine', nothing recorded yet)"
        script = (
            "import sys, mlanimated as mla\n"
            "with mla.Recorder(sys.argv[1], name='theirs') as recorder:\n"
            "    rate = recorder.control('rate', .5, 0, 1)\n"
            "    step = 0\n"
            "    while rate.value == .5:\n"
            "        recorder.log({'loss': 1.0 * step}, step=step)\n"
            "        recorder.tick(step)\n"
            "        step += 1\n"
        )
        other = subprocess.Popen([sys.executable, "-c", script, str(path)])
        until(lambda: made.state.get("controls"))
        assert made.state["name"] == "theirs"
        ask(made, 1, do="set", name="rate", value=0.25)
        assert other.wait(60) == 0
        until(lambda: made.state["status"] == "finished")
        assert made.state["controls"] == [["rate", 0.25, 0.0, 1.0]]
        assert not made.state["steered"]

    def test_a_training_is_taken_in_hand(self, recorder: mla.Recorder) -> None:
        rate = recorder.control("rate", 0.5, 0.0, 1.0)
        logged(recorder, 0, 9)
        made = shown(live(recorder))
        ask(made, 1, do="pause")
        ticked = threading.Thread(target=recorder.tick, args=(9,))
        ticked.start()
        until(lambda: recorder.remote.status == "paused")
        ask(made, 2, do="set", name="rate", value=0.75)
        ask(made, 3, do="play")
        ticked.join(60)
        assert rate.value == 0.75
        ask(made, 4, do="set", name="rat", value=0.75)
        until(lambda: made.state["trouble"] == "There is no control 'rat'. Did you mean 'rate'?")

    def test_another_step_is_shown_and_shown_again_when_all_is_over(self, recorder: mla.Recorder) -> None:
        logged(recorder, 0, 9)
        recorder.event("begun", "It has begun.", step=2)
        found = live(recorder)
        made = shown(found)
        ask(made, 1, do="seek", at=4)
        until(lambda: made.state["at"] == 4)
        assert made.state["event"] == [2, "begun", "It has begun."]
        ask(made, 2, do="seek", at=1)
        until(lambda: made.state["at"] == 1)
        assert made.state["event"] is None
        recorder.close()
        until(lambda: found.closed)
        before = made.frame
        ask(made, 3, do="seek", at=7)  # by the kernel itself: the thread has gone
        assert made.state["at"] == 7
        assert made.frame != before
        ask(made, 4, do="seek", at=None)
        assert made.state["at"] is None
        ask(made, 5, do="pause")
        assert made.state["trouble"] == "The training of 'sines' has ended: nothing is left to steer."

    def test_the_same_training_has_one_live_view(self, recorder: mla.Recorder, tmp_path: Path) -> None:
        scene = mla.views.Lines("train/loss")
        assert live(recorder) is live(recorder)
        assert live(recorder, scene) is live(recorder, scene) is not live(recorder)
        assert live(tmp_path / "one.mla") is live(str(tmp_path / "one.mla"))
        with mla.init(dir=tmp_path, name="named") as run:
            assert live(run) is live(run.recorder)

    def test_mistakes_are_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(MlaError, match="not of int"):
            live(3)
        (tmp_path / "torn.mla").write_text("torn")
        made = shown(live(tmp_path / "torn.mla"))
        assert "torn.mla" in made.state["trouble"]

    def test_a_view_that_fails_is_told_and_the_thread_goes_on(
        self, recorder: mla.Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*_: object) -> None:
            raise ZeroDivisionError("no")

        with monkeypatch.context() as patched:
            patched.setattr(notebook, "picture", failing)
            logged(recorder, 0, 3)
            made = shown(live(recorder))
            until(lambda: made.state["trouble"] == "This cannot be shown (ZeroDivisionError: no).")
        until(lambda: made.state["trouble"] == "" and made.frame)

    def test_a_film_that_fails_is_told_where_it_would_stand(
        self, recorder: mla.Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*_: object, **__: object) -> None:
            raise ZeroDivisionError("no")

        monkeypatch.setattr(notebook, "Film", failing)
        logged(recorder, 0, 3)
        found = live(recorder)
        shown(found)
        recorder.close()
        found.close()
        assert found._bundle()["text/html"] == "<p>This cannot be shown (ZeroDivisionError: no).</p>"

    def test_what_was_closed_before_it_was_shown_stays_closed(self, recorder: mla.Recorder) -> None:
        logged(recorder, 0, 3)
        found = live(recorder)
        found.close()
        assert "<iframe" in found._bundle()["text/html"]
        assert found.closed

    def test_what_ends_while_it_is_shown_is_replaced_by_its_film(
        self, recorder: mla.Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shell: Any = pytest.importorskip("IPython.display")
        shown: list[dict[str, Any]] = []

        class Handle:
            def update(self, bundle: dict[str, Any], *, raw: bool) -> None:
                assert raw
                shown.append(bundle)

        logged(recorder, 0, 3)
        found = live(recorder)

        def display(bundle: dict[str, Any], **_: object) -> Handle:
            shown.append(bundle)
            recorder.close()
            until(lambda: not found._thread or not found._thread.is_alive())
            return Handle()

        monkeypatch.setattr(shell, "display", display)
        found._ipython_display_()
        assert ["<iframe" in bundle.get("text/html", "") for bundle in shown] == [False, True]

    def test_without_anywidget_the_film_stands_there_and_one_line_says_what_to_install(
        self, recorder: mla.Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notebook, "widget_class", lambda: None)
        found = live(recorder)
        with pytest.raises(MissingExtra, match=r"pip install 'mlanimated\[notebook\]'"):
            _ = found.widget
        told = found._bundle()["text/html"]
        assert told.count("<p>") == 2
        assert "nothing was recorded yet" in told
        logged(recorder, 0, 3)
        told = found._bundle()["text/html"]
        assert "<iframe" in told
        assert told.endswith(
            "<p>To watch it while it trains, this notebook needs the extra &#x27;notebook&#x27;: "
            "pip install &#x27;mlanimated[notebook]&#x27;</p>"
        )


def test_what_is_saved_with_the_notebook_is_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real kernel runs a notebook without a person; what was a widget while it trained is a film in what is kept."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.undo()
    cells = [
        "import mlanimated as mla\nrecorder = mla.Recorder(name='sines')\nlive = mla.live(recorder)\nlive",
        (
            "import time\nstep = 0\nbegun = time.monotonic()\nwhile live.frames < 3 and time.monotonic() - begun < 60:\n"
            "    recorder.log({'loss': 1 / (step + 1)}, step=step)\n    step += 1\n    time.sleep(.01)\n"
            "recorder.close()\nlive.close()\nprint(live.frames)"
        ),
        "mla.live(recorder)",
    ]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(
        made, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    widgets: list[str] = []
    process = client.process_message

    def noting(message: Any, *others: Any) -> Any:
        data = message["content"].get("data", {})
        widgets.extend(kind for kind in data if "widget-view" in kind)
        return process(message, *others)

    monkeypatch.setattr(client, "process_message", noting)
    client.execute()
    assert widgets == ["application/vnd.jupyter.widget-view+json"]
    (first,), (second,), (third,) = (cell.outputs for cell in made.cells)
    assert int(second.text) >= 3
    for film in (first, third):
        assert set(film.data) == {"text/html", "text/plain"}
        assert film.data["text/html"].count("<iframe") == 1
        assert "application/gzip" in film.data["text/html"]
        assert film.data["text/plain"].startswith("Live('sines', finished")


HOST = """([module, values]) => {
    const bytes = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    const heard = {};
    window.asked = [];
    window.model = {
        values: {},
        get: (name) => model.values[name],
        set: (name, value) => (model.values[name] = value),
        save_changes: () => {},
        on: (name, act) => (heard[name] ??= new Set()).add(act),
        off: (name, act) => heard[name].delete(act),
        send: (words) => asked.push(words),
    };
    window.put = (news) => {
        const data = ["dress", "film", "frame"];
        for (const [name, value] of Object.entries(news)) model.values[name] = data.includes(name) ? bytes(value) : value;
        for (const name of Object.keys(news)) for (const act of heard[`change:${name}`] ?? []) act();
    };
    put(values);
    document.body.innerHTML = "<main></main>";
    const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    return import(address).then(({ default: made }) => {
        window.leave = made.render({ model, el: document.querySelector("main") });
        window.root = document.querySelector("main div")?.shadowRoot;
        window.player = (root ?? document).querySelector("mla-player");
    });
}"""


def state_of(made: Any) -> dict[str, Any]:
    """Return what the page knows of a widget, as JSON."""
    values = {name: getattr(made, name) for name in ("dress", "film", "frame", "state", "time")}
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in values.items()
    }


def wait(page: Any, script: str) -> None:
    page.wait_for_function(f"() => {script}", timeout=60_000)


class TestPage:
    @pytest.fixture
    def made(self, recorder: mla.Recorder) -> Any:
        recorder.control("learning_rate", 0.1, 0.0, 1.0)
        logged(recorder, 0, 9)
        recorder.event("begun", "It has begun.", step=2)
        found = live(recorder)
        made = shown(found)
        until(lambda: made.frame)
        return made

    @pytest.fixture
    def opened(self, page: Any, made: Any) -> Any:
        page.set_content("<!doctype html><body style='margin:0'>")
        page.evaluate(HOST, [widget(), state_of(made)])
        wait(page, "player.film?.width === 960 && player.frame === 0")
        return page

    def carry(self, page: Any, made: Any) -> None:
        """Bring what was asked to the kernel, and its answer back."""
        for words in page.evaluate("() => asked.splice(0)"):
            made._handle_custom_msg(words, [])
            until(lambda words=words: made.state["heard"] == words["number"])
        page.evaluate("(news) => put(news)", state_of(made))

    def test_the_newest_frame_is_painted(self, opened: Any, made: Any, recorder: mla.Recorder) -> None:
        assert opened.inner_text(".name") == "sines"
        assert opened.inner_text(".status") == "running"
        assert opened.inner_text(".step") == "step 8"
        assert opened.inner_text(".event") == "begun It has begun."
        assert "train/loss" in opened.evaluate("player.canvas.ariaLabel")
        picture = opened.evaluate("player.canvas.toDataURL()")
        logged(recorder, 9, 50)
        until(lambda: made.state["last"] == 49)
        self.carry(opened, made)
        wait(opened, f"player.canvas.toDataURL() !== {json.dumps(picture)}")
        assert opened.inner_text(".step") == "step 49"
        assert opened.get_attribute(".step", "aria-live") == "off", "nobody wants each step read aloud"

    def test_it_is_dark_as_the_notebook_is(self, opened: Any) -> None:
        ground = "getComputedStyle(root.querySelector('.live')).backgroundColor"
        light = opened.evaluate(ground)
        for said in ("dataset.jpThemeLight = 'false'", "className = 'vscode-body vscode-dark'"):
            opened.evaluate(f"() => {{ document.body.{said}; }}")
            wait(opened, f"{ground} !== '{light}' && player.getAttribute('theme') === 'dark'")
            opened.evaluate("() => { delete document.body.dataset.jpThemeLight; document.body.className = ''; }")
            wait(opened, f"{ground} === '{light}'")
        opened.emulate_media(color_scheme="dark")
        wait(opened, "player.getAttribute('theme') === 'dark'")
        opened.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
        wait(opened, "player.getAttribute('theme') === 'light'")

    def test_the_training_is_paused_and_a_value_set(self, opened: Any, made: Any, recorder: mla.Recorder) -> None:
        opened.click("text=Pause")
        ticked = threading.Thread(target=recorder.tick, args=(9,))
        self.carry(opened, made)
        assert "obeys at its next recorder.tick()" in opened.inner_text(".told")
        ticked.start()
        until(lambda: made.state["status"] == "paused")
        self.carry(opened, made)
        assert opened.inner_text(".told") == ""
        assert opened.inner_text(".hold") == "Resume"
        opened.fill("input[type=number]", "0.5")
        opened.keyboard.press("Enter")
        opened.click(".hold")
        self.carry(opened, made)
        ticked.join(60)
        until(lambda: made.state["controls"][0][1] == 0.5)
        assert recorder.remote.controls["learning_rate"].value == 0.5
        opened.fill("input[type=number]", "5")
        opened.keyboard.press("Enter")
        opened.fill("input[type=number]", "")
        opened.keyboard.press("Enter")
        assert opened.evaluate("asked") == [], "out of its range, or nothing, it is not sent"

    def test_the_scrubber_asks_for_one_step_after_the_other_and_the_last(self, opened: Any, made: Any) -> None:
        opened.focus(".at")
        for _ in range(5):
            opened.keyboard.press("ArrowLeft")
        assert [words["at"] for words in opened.evaluate("asked")] == [7]
        self.carry(opened, made)
        assert [words["at"] for words in opened.evaluate("asked")] == [3]
        self.carry(opened, made)
        until(lambda: made.state["at"] == 3)
        self.carry(opened, made)
        assert opened.inner_text(".step") == "step 3"
        opened.focus(".at")
        opened.keyboard.press("ArrowLeft")
        opened.click("text=Follow")
        opened.evaluate("(news) => put(news)", state_of(made))
        assert opened.inner_text(".step") == "step 8", "what was asked for, before it is answered"
        self.carry(opened, made)
        self.carry(opened, made)
        until(lambda: made.state["at"] is None)
        self.carry(opened, made)
        assert opened.inner_text(".step") == "step 8"
        assert not opened.is_visible(".follow")

    def test_a_kernel_that_is_busy_is_called_so(self, opened: Any, made: Any) -> None:
        opened.click("text=Pause")
        wait(opened, "root.querySelector('.told').textContent.includes('busy in a cell')")
        self.carry(opened, made)
        assert "busy" not in opened.inner_text(".told")

    def test_a_second_view_and_one_that_is_taken_away(self, opened: Any, made: Any) -> None:
        opened.evaluate("() => leave()")
        opened.evaluate(HOST, [widget(), state_of(made)])
        wait(opened, "player.film?.width === 960")

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_axe_finds_nothing(self, opened: Any, theme: Any) -> None:
        axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright")
        opened.emulate_media(color_scheme=theme)
        wait(opened, f"player.getAttribute('theme') === '{theme}'")
        options = {
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
            "rules": {"document-title": {"enabled": False}, "html-has-lang": {"enabled": False}},
        }
        found = axe.Axe().run(opened, options=options).response["violations"]
        assert [each["id"] for each in found] == []


def test_a_film_as_a_widget_is_sought_from_both_sides(page: Any, recorder: mla.Recorder) -> None:
    logged(recorder, 0, 9)
    made = mla.film(recorder.trace, clock=mla.Clock(seconds=1)).widget()
    made.time = 1.5
    page.set_content("<!doctype html><body style='margin:0'>")
    page.evaluate(HOST, [widget(), state_of(made)])
    wait(page, "player.time === 1.5")
    page.evaluate("() => player.seek(0.5)")
    wait(page, "model.get('time') === 0.5")
    page.evaluate("() => put({ time: 2 })")
    wait(page, "player.time === 2")
