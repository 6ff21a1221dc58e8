from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from msgspec.msgpack import encode

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Rect, Text
from mlanimated.draw.frame import Frame
from mlanimated.errors import MlaError
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count, ribbon
from mlanimated.trace import Recorder, Trace
from mlanimated.views.clock import Clock, Mark, reading_time
from mlanimated.views.moment import Moment
from mlanimated.views.scene import Scene, View


@dataclass(frozen=True)
class Fill(View):
    """Fills its box with a colour that says where the run stands."""

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        return (Rect(*box, "ink", opacity=min(1.0, moment.step() / 10)),)

    def describe(self, moment: Moment) -> str:
        return f"It stands at {moment.step():.0f}."


def recorded() -> Trace:
    with Recorder(name="test") as recorder:
        for step in range(11):
            recorder.log({"loss": 10.0 - step}, step=step)
            if step == 0:
                recorder.event("start", "The weights are random.", step=step)
            if step == 5:
                recorder.event("half way", "Half of the loss is gone.", step=step)
    return recorder.trace


def film(**options: object) -> Film:
    return Film(Scene(Fill()), recorded(), title="A test", clock=Clock(seconds=5), **options)  # pyright: ignore[reportArgumentType]


def texts(commands: Sequence[Command]) -> Iterator[Text]:
    for command in commands:
        if isinstance(command, Group):
            yield from texts(command.children)
        elif isinstance(command, Text):
            yield command


def words(frame: Frame) -> list[str]:
    return [text.text for text in texts(frame.children)]


def rects(commands: Sequence[Command]) -> Iterator[Rect]:
    for command in commands:
        if isinstance(command, Group):
            yield from rects(command.children)
        elif isinstance(command, Rect):
            yield command


def test_frames_are_pure() -> None:
    first = film()
    assert first.frame(2.5) == first.frame(2.5) == film().frame(2.5)
    assert first.frame(2.5) != first.frame(2.6)


def test_captions_and_chapters_come_from_the_events() -> None:
    made = film()
    assert [cue.text for cue in made.cues] == ["The weights are random.", "Half of the loss is gone."]
    assert [cue.text for cue in made.chapters] == ["start", "half way"]
    assert "Half of the loss is gone." in words(made.frame(made.seconds))
    assert "The weights are random." in words(made.frame(0))


def test_captions_of_one_moment_follow_each_other_at_reading_speed() -> None:
    made = film(captions=(Mark(0, "a", "First this."), Mark(0, "b", "Then that.")))
    assert made.cues[1].start - made.cues[0].start >= reading_time("First this.") - 1e-6
    assert all(cue.stop >= cue.start for cue in made.cues)


def test_nothing_but_what_means_something_changes_its_place() -> None:
    made = film()
    scenes = {tuple(made._layout.body) for _ in range(2)}
    assert len(scenes) == 1
    big = [next(rects(made.frame(time).children)) for time in (0, 2, made.seconds)]
    assert len({(rect.x, rect.y, rect.width, rect.height) for rect in big}) == 1


@pytest.mark.parametrize("size", [(1280, 720), (1080, 1080), (720, 1280)])
def test_everything_stands_on_the_canvas(size: tuple[int, int]) -> None:
    made = film().sized(*size)
    for time in (0.0, made.seconds / 2, made.seconds):
        for text in texts(made.frame(time).children):
            left = text.x - {"start": 0, "middle": text.width / 2, "end": text.width}[text.anchor]
            assert left >= 47
            assert left + text.width <= size[0] - 47
            assert 0 < text.y < size[1]


def test_ribbon_lights_the_phase_and_counts() -> None:
    made = film()
    lit = {text.text for text in texts(made.frame(0.1).children) if text.fill == "accent" and text.bold}
    assert lit == {"initialize"}
    assert any("10 of 10" in word for word in words(made.frame(made.seconds)))


@pytest.mark.parametrize("steps", [(0, 7, 999, 9999, 10_000, 123_456), (-12_000, -5, 0, 3)], ids=["many", "below 0"])
def test_ribbon_stands_still_however_many_digits_the_count_has(steps: tuple[int, ...]) -> None:
    recorder = Recorder()
    for step in steps:
        recorder.log({"a": 1.0}, step=step)
    trace = recorder.trace
    places, said = set(), []
    for step in steps:
        box = Box(48, 632, 1184, 40)
        drawn = list(texts(ribbon(Moment({"": trace}, {"": float(step)}), box, Count()).children))
        word = next(text for text in drawn if text.text == "step ")
        number = drawn[drawn.index(word) + 1]
        assert number.x - number.width >= word.x
        track = ribbon(Moment({"": trace}, {"": float(step)}), box, Count()).children[-1].children[0]
        places.add((word.x, number.x, track))
        said.append(number.text.split(" of ")[0])
    assert len(places) == 1
    assert "-" not in "".join(said)
    assert said[-1] == {3: "3", 123_456: "123\u2009456"}[steps[-1]]


def test_ribbon_counts_what_is_not_a_number() -> None:
    recorder = Recorder()
    for step, epoch in enumerate((1.0, math.nan, 2.0)):
        recorder.log({"epoch": epoch}, step=step)
    moment = Moment({"": recorder.trace}, {"": 1.0})
    drawn = texts(ribbon(moment, Box(48, 632, 1184, 40), Count("epoch", series="epoch")).children)
    assert "– of 2" in [text.text for text in drawn]


def test_of_a_thousand_events_the_most_telling_are_shown() -> None:
    recorder = Recorder()
    for step in range(1000):
        recorder.log({"loss": 1.0}, step=step)
        recorder.event("first win" if step == 700 else "episode", f"Now it is {step}.", step=step)
    made = Film(Fill(), recorder.trace)
    said = [mark.step for mark in made.marks]
    assert len(said) == 24
    assert {0, 700, 999} < set(said)
    assert said == sorted(said)
    assert max(np.diff(said)) < 80
    assert made.seconds < 90


def test_whole_numbers_and_floats_are_the_same_film() -> None:
    one, other = film(width=1080, height=1080, fps=30), film(width=1080.0, height=1080.0, fps=30.0)
    assert encode(one.frame(1.0)) == encode(other.frame(1.0))
    assert (type(one.reel.width), type(one.reel.height), type(one.reel.fps)) == (float, float, float)


def test_reel_tells_what_is_seen() -> None:
    reel = film(provenance={"recipe": "test"}).reel
    assert reel.provenance["recipe"] == "test"
    assert "It stands at 10." in reel.alt
    assert reel.count == len(list(reel.times()))


def test_a_film_that_cannot_be_is_refused() -> None:
    with pytest.raises(MlaError, match="too small"):
        film(width=100.0)
    for size in (math.nan, math.inf):
        with pytest.raises(MlaError, match="has no size"):
            film(width=size)
    for fps in (0, math.nan, math.inf):
        with pytest.raises(MlaError, match="fps"):
            film(fps=fps)
    noted = Recorder()
    noted.log({"note": "a"})
    counting = Film(Fill(), noted.trace, count=Count(series="note"))
    with pytest.raises(MlaError, match="cannot count 'note', which is of the kind 'text'"):
        counting.frame(0)


def test_a_long_title_takes_a_second_line_and_its_room() -> None:
    long = film().sized(720, 1280)
    title = "A title of many words that is far too long for one line of a narrow canvas"
    broken = Film(long.scene, long.traces, title=title, width=720, height=1280)
    lines = [text for text in texts(broken.frame(0).children) if text.size == 30]
    assert " ".join(line.text for line in lines) == title
    assert len(lines) == 2
    assert next(rects(broken.frame(0).children)).y > lines[-1].y


def test_a_caption_goes_when_it_has_been_read_for_a_while_and_the_last_one_stays() -> None:
    made = Film(Scene(Fill()), recorded(), clock=Clock(seconds=40))
    first, last = made.cues
    assert first.stop == pytest.approx(first.start + reading_time(first.text) + 2.5)
    assert first.text in words(made.frame(first.stop - 0.5))
    assert first.text not in words(made.frame(first.stop + 0.1))
    assert last.stop == made.seconds
    assert last.text in words(made.frame(made.seconds))
