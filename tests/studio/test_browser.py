"""The pages in a real browser: they follow, scrub, look closer, turn dark, come back, and log no error."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mlanimated as mla
from serving import until

pytestmark = pytest.mark.slow


SHOWN = "() => document.querySelectorAll('.panel.ready').length"
PIXEL = """(kind) => {
  const canvas = document.querySelector(`.panel.${kind} mla-player`).shadowRoot.querySelector("canvas");
  return canvas.toDataURL();
}"""


TABLE = "() => document.querySelector('#table mla-player').shadowRoot.querySelector('canvas').toDataURL()"


@pytest.fixture
def page(chromium, served: int) -> Iterator[object]:
    """A page of the studio. It fails the test when anything is logged as an error, or asked of another host."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=f"http://127.0.0.1:{served}")
    made = context.new_page()
    faults: list[str] = []
    made.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on(
        "request",
        lambda asked: (
            None
            if f"127.0.0.1:{served}" in asked.url or asked.url.startswith(("data:", "blob:"))
            else faults.append(asked.url)
        ),
    )
    made.set_default_timeout(60_000)
    yield made
    context.close()
    assert faults == []


@pytest.fixture
def recorder(folder: Path) -> Iterator[mla.Recorder]:
    with mla.Recorder(folder / "live.mla") as made:
        made.control("rate", 0.1, 0.0, 1.0)
        log(made, range(50))
        made.event("half way", "The loss has halved.", step=20)
        made.flush()
        yield made


def log(recorder: mla.Recorder, steps: range) -> None:
    for step in steps:
        recorder.log(
            {"train/loss": math.exp(-step / 30), "weights": [[step, 1.0], [2.0, 3.0]], "note": f"step {step}"},
            step=step,
        )
    recorder.flush()


def step_of(page) -> str:
    return page.text_content("#step").replace("\u2009", "")


def test_the_list_lives_and_leads_to_a_run_that_is_followed(
    page, recorder: mla.Recorder, folder: Path, write: Callable[..., Path]
) -> None:
    page.goto("/")
    page.wait_for_selector("#run-live .state.running")
    write("other", steps=3)
    page.wait_for_selector("#run-other .spark polyline")
    page.fill("input[type=search]", "oth")
    page.wait_for_selector("#run-live", state="detached")
    assert "search=oth" in page.evaluate("location.search")
    page.fill("input[type=search]", "")
    page.click("#run-live a.name")
    until(page, f"() => ({SHOWN})() >= 3")
    assert step_of(page) == "step 49"
    before = page.evaluate(PIXEL, "lines")
    log(recorder, range(50, 80))
    until(page, "() => document.getElementById('step').textContent === 'step 79'")
    until(page, f"(before) => ({PIXEL})('lines') !== before", before)


def test_a_list_that_is_told_more_often_than_it_is_answered_shows_what_is_new(
    page, recorder: mla.Recorder, write: Callable[..., Path]
) -> None:
    over = threading.Event()

    def train() -> None:
        step = 50
        while not over.wait(0.1):
            log(recorder, range(step, step + 1))
            step += 1

    def late(route) -> None:
        time.sleep(1.5)
        route.continue_()

    page.goto("/")
    page.wait_for_selector("#run-live")
    page.route(lambda address: "sort=name" in address, late)
    training = threading.Thread(target=train)
    training.start()
    try:
        page.select_option("select[name=sort]", "name")
        write("other", steps=3)
        page.wait_for_selector("#run-other")
    finally:
        over.set()
        training.join()
        page.unroute_all(behavior="ignoreErrors")


def test_keys_alone_move_the_clock_and_the_address_keeps_it(page, recorder: mla.Recorder) -> None:
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    assert page.get_attribute("#step", "aria-live") == "off", "nobody wants each step read aloud"
    end = page.evaluate(PIXEL, "words")
    page.keyboard.press("Home")
    until(page, "() => document.getElementById('step').textContent === 'step 0'")
    until(page, f"(before) => ({PIXEL})('words') !== before", end)
    page.keyboard.press("PageDown")
    assert step_of(page) == "step 20"
    page.keyboard.press("ArrowLeft")
    assert step_of(page) == "step 19"
    until(page, "() => location.search.includes('at=19')")
    shown = page.evaluate(PIXEL, "words")
    page.reload()
    until(page, f"(before) => document.querySelector('.panel.words.ready') && ({PIXEL})('words') === before", shown)
    page.keyboard.press("End")
    until(page, "() => document.getElementById('live').ariaPressed === 'true'")
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    until(page, "() => parseFloat(document.getElementById('at').value) > 1")
    page.keyboard.press(" ")
    page.keyboard.press("?")
    assert page.is_visible("#keys")


def test_dark_is_dark_and_stays(page, recorder: mla.Recorder) -> None:
    corner = """() => {
      const canvas = document.querySelector(".panel.lines mla-player").shadowRoot.querySelector("canvas");
      const copy = new OffscreenCanvas(1, 1).getContext("2d");
      copy.drawImage(canvas, 0, 0, 1, 1, 0, 0, 1, 1);
      return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3).reduce((one, other) => one + other);
    }"""
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    assert page.evaluate(corner) > 600
    page.keyboard.press("d")
    until(page, f"() => ({corner})() < 150")
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_looking_closer_by_dragging_over_a_chart(page, recorder: mla.Recorder) -> None:
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    before = page.evaluate(PIXEL, "lines")
    box = page.locator(".panel.lines mla-player").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 80, steps=3)
    page.mouse.up()
    page.wait_for_selector("#zoom-out:not([hidden])")
    until(page, f"(before) => ({PIXEL})('lines') !== before", before)
    view = json.loads(
        page.evaluate(
            "() => new Promise((done) => setTimeout(() => done(new URLSearchParams(location.search).get('view')), 400))"
        )
    )
    assert 10 < view["from"] < view["to"] < 45
    page.keyboard.press("0")
    assert page.is_hidden("#zoom-out")


def test_the_address_holds_how_it_is_looked_at(page, write: Callable[..., Path]) -> None:
    """Axes, smoothing, panels that are hidden, one alone, and nothing around it: each is drawn, and opens again as it was."""
    write()
    page.goto("/watch?run=mine")
    until(page, f"() => ({SHOWN})() >= 4")
    seen = page.evaluate(PIXEL, "lines")

    def drawn_anew() -> None:
        nonlocal seen
        until(page, f"(before) => ({PIXEL})('lines') !== before", seen)
        seen = page.evaluate(PIXEL, "lines")

    page.select_option("#x", "time")
    drawn_anew()
    page.click(".panel.lines button:has-text('log')")
    drawn_anew()
    page.locator(".panel.lines .tools input").evaluate(
        "(slide) => { slide.value = 6; slide.dispatchEvent(new Event('input')); }"
    )
    drawn_anew()
    page.click(".panel.picture [title=Hide]")
    page.click(".panel.lines [title=Alone]")
    until(page, "() => document.querySelectorAll('.panel').length === 1 && location.search.includes('big')")
    until(page, f"(before) => ({PIXEL})('lines') !== before", seen)
    page.goto(page.evaluate("location.href") + "&embed=1")  # page.url may be late
    until(page, f"() => ({SHOWN})() === 1")
    assert not page.is_visible(".site")
    assert page.is_visible("#clock")
    page.click(".panel.lines [title=Alone]")
    until(page, "() => document.querySelectorAll('.panel').length > 2")
    assert page.locator(".panel.picture").count() == 0
    until(page, "() => !location.search.includes('big')")
    page.goto(page.evaluate("location.href").replace("&embed=1", ""))
    until(page, f"() => ({SHOWN})() >= 3")
    assert page.input_value("#x") == "time"
    assert page.get_attribute(".panel.lines button:has-text('log')", "aria-pressed") == "true"
    assert page.input_value(".panel.lines .tools input") == "6"
    page.click("[data-open=panels-menu]")
    page.click("#panels-menu label:has-text('frame') input")
    until(page, "() => document.querySelector('.panel.picture.ready')")


def test_how_runs_were_made_stands_beside_each_other(page, folder: Path) -> None:
    for name, rate in (("one", 0.1), ("two", 0.3)):
        with mla.Recorder(folder / f"{name}.mla", args={"batch": 32, "learning_rate": rate}, hypothesis="Why.") as made:
            made.control("learning_rate", rate, 0.0, 1.0)
            made.log({"loss": 1.0}, step=0)
    page.goto("/watch?run=one&run=two")
    until(page, f"() => ({SHOWN})() >= 1")
    page.click("#aside-button")
    rows = [row.split("\t") for row in page.inner_text("#about tbody").splitlines()]
    assert rows[0] == ["learning rate", "0.1", "0.3"], "what differs comes first"
    assert ["batch", "32", "32"] in rows
    assert page.inner_text("#about p") == "Why."
    assert page.inner_text("#aside-button") == "Details"
    assert not page.is_visible(".slider"), "nothing of runs that are over can be steered"


def test_two_browsers_and_a_slider_that_both_show(page, chromium, served: int, recorder: mla.Recorder) -> None:
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    page.click("#aside-button")
    page.fill(".slider input[type=number]", "0.5")
    page.keyboard.press("Tab")
    for step in range(50, 90):
        recorder.tick(step)
        log(recorder, range(step, step + 1))
        if recorder.trace.events[-1].name == "rate":
            break
        page.wait_for_timeout(50)
    assert recorder.trace.events[-1].text == "rate was changed from 0.1 to 0.5."


def test_who_pauses_by_keyboard_finds_play_under_the_same_finger(page, recorder: mla.Recorder) -> None:
    over = threading.Event()

    def train() -> None:
        step = 50
        while not over.wait(0.02):
            recorder.tick(step)  # waits here while paused
            log(recorder, range(step, step + 1))
            step += 1

    training = threading.Thread(target=train, daemon=True)
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    page.click("#aside-button")
    training.start()
    try:
        for pressed, offered in (("pause", "play"), ("play", "pause")):
            page.focus(f"[data-command={pressed}]")
            page.keyboard.press("Enter")
            until(page, f"() => document.activeElement?.dataset.command === '{offered}'")
    finally:
        over.set()
        training.join(10)


def test_cells_change_in_place_and_reach_nothing(page, served: int) -> None:
    import urllib.request

    def send(method: str, path: str, body: dict[str, object]) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        asked = urllib.request.Request(
            f"http://127.0.0.1:{served}{path}", json.dumps(body).encode(), headers, method=method
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read())

    hostile = """<p id="told"></p><script>
      const tries = { cookie: () => document.cookie, storage: () => localStorage.length, parent: () => parent.document.body,
        neighbour: () => [0, 1].map((at) => parent.frames[at]).find((frame) => frame !== self).document.body,
        top: () => { top.location.href } };
      const told = [];
      for (const [name, act] of Object.entries(tries)) try { act(); told.push(name) } catch { }
      document.getElementById("told").textContent = "reached: " + told.join(" ");
    </script>"""
    page.goto("/board")
    number = send("POST", "/values", {"name": "one", "type": "html", "value": hostile})["_id"]
    send("POST", "/values", {"name": "two", "type": "html", "value": "<p>a secret</p>"})
    page.frame_locator("iframe[title=two]").locator("p").wait_for()
    send("PATCH", f"/values/{number}", {"value": hostile + " "})
    frame = page.frame_locator("iframe[title=one]")
    frame.locator("#told", has_text="reached:").wait_for()
    assert frame.locator("#told").text_content() == "reached: "
    send("PATCH", f"/values/{number}", {"value": "<b>changed</b>"})
    frame.locator("b", has_text="changed").wait_for()


def test_a_cell_made_while_the_board_asks_is_shown(page, served: int) -> None:
    import urllib.request

    def put(name: str) -> None:
        body = json.dumps({"name": name, "type": "html", "value": f"<p>{name}</p>"}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{served}/values", body, {"content-type": "application/json"}, method="POST"
        )
        urllib.request.urlopen(asked, timeout=60).close()

    answers = []

    def late(route) -> None:
        answer = route.fetch()
        put(f"meanwhile {len(answers)}")
        answers.append(answer)
        time.sleep(0.5)  # the news come before the answer that does not know of it
        route.fulfill(response=answer)

    page.route("**/api/v1/cells", late, times=2)
    page.goto("/board")
    for name in ("meanwhile 0", "meanwhile 1"):
        page.frame_locator(f"iframe[title='{name}']").locator("p").wait_for()


def test_two_browsers_see_the_same_at_once(page, chromium, served: int, recorder: mla.Recorder) -> None:
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=f"http://127.0.0.1:{served}")
    other = context.new_page()
    other.goto("/watch?run=live")
    until(other, f"() => ({SHOWN})() >= 3")
    log(recorder, range(50, 70))
    for each in (page, other):
        until(each, "() => document.getElementById('step').textContent === 'step 69'")
    assert page.evaluate(PIXEL, "lines") == other.evaluate(PIXEL, "lines")
    page.keyboard.press("Home")
    until(page, "() => document.getElementById('step').textContent === 'step 0'")
    assert step_of(other) == "step 69", "a clock is everyone's own"
    recorder.remote.set("rate", 0.75)
    for step in range(70, 400):
        recorder.tick(step)
        log(recorder, range(step, step + 1))
        shown = [
            each.evaluate("() => document.querySelector('.slider input[type=number]')?.value") for each in (page, other)
        ]
        if shown == ["0.75", "0.75"]:
            break
        page.wait_for_timeout(50)
    assert shown == ["0.75", "0.75"]
    context.close()


def test_runs_are_compared_on_one_clock(page, write: Callable[..., Path]) -> None:
    write("one", steps=20)
    write("two", steps=40)
    page.goto("/")
    for run in ("one", "two"):
        page.check(f"#run-{run} input[type=checkbox]")
    page.click("#chosen a")
    until(page, f"() => ({SHOWN})() >= 3")
    assert page.locator("#legend .state").all_text_contents() == ["one: finished", "two: finished"]
    before = page.evaluate(PIXEL, "words")
    page.select_option("#align", "progress")
    page.keyboard.press("Home")
    until(page, f"(before) => ({PIXEL})('words') !== before", before)
    until(page, "() => location.search.includes('align=progress') && location.search.includes('at=0')")
    beginning = page.evaluate(PIXEL, "words")
    page.reload()
    until(page, f"(before) => document.querySelector('.panel.words.ready') && ({PIXEL})('words') === before", beginning)


def test_a_run_is_branched_with_another_value(page, folder: Path) -> None:
    import msgspec

    from mlanimated.learn import sine_fit

    args = sine_fit.Args(steps=40, record_every=1)
    about = {"name": "sine-net", "args": msgspec.to_builtins(args), "seed": 0}
    with mla.Recorder(folder / "sine.mla", checkpoint_steps=10, **about) as recorder:
        sine_fit.train(args, recorder)
    page.goto("/watch?run=sine&at=25")
    until(page, f"() => ({SHOWN})() >= 1")
    page.click("#aside-button")
    page.fill(".slider:has-text('learning rate') input[type=number]", "0.5")
    page.click("[data-command=branch]")
    page.wait_for_url("**run=sine-from-20*")
    until(page, "() => document.querySelectorAll('#legend .state').length === 2")
    until(page, "() => document.getElementById('step').textContent.replace(/\\D/g, '') > 20")
    limit = time.monotonic() + 60
    told: list[str] = []
    while not told and time.monotonic() < limit:
        page.wait_for_timeout(200)
        told = [event.text for event in mla.Trace.open(folder / "sine-from-20.mla").events if event.name == "branch"]
    assert told == ["Branched from step 20 with learning_rate = 0.5."]


def test_nothing_moves_by_itself_where_less_motion_is_wished_for(chromium, served: int, recorder: mla.Recorder) -> None:
    context = chromium.new_context(base_url=f"http://127.0.0.1:{served}", reduced_motion="reduce")
    page = context.new_page()
    for path in ("/", "/watch?run=live", "/board", "/play"):
        page.goto(path)
        assert page.evaluate("() => document.getAnimations().length") == 0
        assert page.evaluate("() => getComputedStyle(document.querySelector('button')).transitionDuration") == "0s"
    page.goto("/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    followed = page.evaluate(PIXEL, "words")
    page.keyboard.press("Home")
    until(page, f"(before) => ({PIXEL})('words') !== before", followed)
    shown = page.evaluate(PIXEL, "words")
    page.wait_for_timeout(300)
    assert page.evaluate(PIXEL, "words") == shown
    context.close()


def test_a_game_is_played_by_keys_alone_and_by_clicks(page) -> None:
    told = "() => document.getElementById('told').textContent"
    page.goto("/play/tic-tac-toe")
    until(page, "() => document.querySelector('#table.ready')")
    before = page.evaluate(TABLE)
    for key in "123456789":
        if "N begins a new game" in page.evaluate(told):
            break
        page.keyboard.press(key)
        page.wait_for_timeout(100)
        until(page, f"() => /Your move|new game/.test(({told})())")
    until(page, f"() => /You (win|lose)|draw/.test(({told})())")
    page.keyboard.press("n")
    until(page, f"(before) => ({TABLE})() === before", before)
    page.goto("/play/grid-world")
    until(page, "() => document.querySelector('#table.ready')")
    page.select_option(".field:has-text('Clicks') select", "wall")
    page.uncheck("input[type=checkbox]")
    until(page, f"() => ({told})().startsWith('Click cells')")
    box = page.locator("#table mla-player").bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.1 * box["height"])
    until(page, f"() => !({told})().includes('row 1, column 1')")
    before = page.evaluate(TABLE)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(page, f"(before) => ({TABLE})() !== before", before)


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)])
def test_no_page_is_wider_than_its_window(page, recorder: mla.Recorder, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in ("/", "/watch?run=live", "/board", "/docs", "/play", "/play/grid-world", "/play/catch"):
        page.goto(path)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path


def test_a_studio_that_was_away_is_found_again(chromium, folder: Path, recorder: mla.Recorder) -> None:
    """What was logged meanwhile is there, and the page has done nothing for it."""
    import threading

    import uvicorn

    from mlanimated.studio.app import application
    from mlanimated.studio.studio import Studio

    def begin(port: int) -> tuple[uvicorn.Server, threading.Thread]:
        config = uvicorn.Config(
            application(Studio(folder)),
            port=port,
            log_level="error",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        return server, thread

    server, thread = begin(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{port}/watch?run=live")
    until(page, f"() => ({SHOWN})() >= 3")
    server.should_exit = True
    thread.join()
    until(page, "() => document.getElementById('link').textContent.startsWith('Reconnecting')")
    log(recorder, range(50, 61))
    server, thread = begin(port)
    until(page, "() => document.getElementById('step').textContent === 'step 60'")
    until(page, "() => document.getElementById('link').textContent === ''")
    page.close()
    server.should_exit = True
    thread.join()
