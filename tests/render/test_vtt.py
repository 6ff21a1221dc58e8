from __future__ import annotations

import dataclasses

import pytest
from film import REEL

from mlanimated.draw.frame import Cue
from mlanimated.errors import MlaError
from mlanimated.render.vtt import vtt, write_vtt


def test_captions_as_webvtt():
    assert vtt(REEL) == (
        "WEBVTT - A film of a test\n\n"
        "NOTE Chapters\n00:00:01.000 First\n00:00:02.000 Second\n00:00:03.000 Third\n\n"
        "1\n00:00:00.000 --> 00:00:01.500\nIt begins.\n\n"
        "2\n00:00:01.500 --> 00:00:03.000\nIt goes &lt;on&gt; &amp; on.\n\n"
        "3\n00:00:03.500 --> 00:00:04.000\nIt ends.\n"
    )


def test_hours_empty_lines_and_arrows():
    reel = dataclasses.replace(
        REEL, title="a --> b", chapters=(), captions=(Cue(3723.0625, 3723.0625, "one\n\ntwo --> three"),)
    )
    assert vtt(reel) == "WEBVTT - a → b\n\n1\n01:02:03.062 --> 01:02:03.064\none\ntwo --&gt; three\n"


def test_a_browser_reads_the_same_cues(page):
    cues = page.evaluate(
        """async (text) => {
            const track = document.body.appendChild(document.createElement("video")).appendChild(document.createElement("track"));
            const ready = new Promise((done, fail) => { track.onload = done; track.onerror = fail; });
            track.track.mode = "hidden";
            track.src = URL.createObjectURL(new Blob([text], {type: 'text/vtt'}));
            await ready;
            return [...track.track.cues].map((cue) => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]);
        }""",
        vtt(REEL),
    )
    assert cues == [[cue.start, cue.stop, cue.text] for cue in REEL.captions]


def test_no_captions_is_a_file_without_cues(tmp_path):
    write_vtt(dataclasses.replace(REEL, title="", captions=(), chapters=()), tmp_path / "film.vtt")
    assert (tmp_path / "film.vtt").read_text() == "WEBVTT\n"
    with pytest.raises(MlaError):
        write_vtt(REEL, tmp_path / "nowhere" / "film.vtt")
