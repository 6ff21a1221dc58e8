"""`mla book` finds pages and serves them to this machine; `mla tour` writes one page that holds all it needs."""

from __future__ import annotations

import threading
import urllib.request
from pathlib import Path

import pytest

from mlanimated.cli import book, main
from mlanimated.errors import MlaError
from mlanimated.lessons.tour import STOPS, write_tour
from mlanimated.recipes import find


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<title>The book</title>")
    return tmp_path


def test_the_pages_are_those_that_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLA_BOOK", str(folder))
    assert book.pages() == folder
    monkeypatch.setenv("MLA_BOOK", str(folder / "none"))
    with pytest.raises(MlaError, match=r"no index\.html"):
        book.pages()


@pytest.mark.slow
def test_they_are_served_to_this_machine_alone(folder: Path) -> None:
    with book.book_server(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert server.server_address[0] == "127.0.0.1"
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/", timeout=10) as answer:
            assert b"The book" in answer.read()
        server.shutdown()


def test_a_port_that_is_taken_gives_the_next(folder: Path) -> None:
    with book.book_server(folder, 0) as first, book.book_server(folder, first.server_address[1]) as second:
        assert second.server_address[1] > first.server_address[1]


def test_without_pages_and_without_a_clone_it_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLA_BOOK", raising=False)
    monkeypatch.setattr(book, "CLONE", tmp_path)
    monkeypatch.setattr(book, "SHIPPED", tmp_path)
    assert main(["book", "--no-open"]) == 2
    assert "scripts/book builds them" in capsys.readouterr().err


def test_the_tour_has_ten_stops_that_need_the_core_alone() -> None:
    assert len(STOPS) == 10
    assert all(not find(name).extra for name in STOPS)


def test_a_tour_is_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tour", "-o", "tour.mp4", "--no-open"]) == 2
    assert "tour.html" in capsys.readouterr().err


@pytest.mark.slow
def test_one_film_follows_the_other(tmp_path: Path, chromium) -> None:
    path = tmp_path / "tour.html"
    told: list[str] = []
    write_tour(path, ("gradient-descent", "stride"), tell=told.append)
    assert [line[:6] for line in told] == ["1 of 2", "2 of 2"]
    page = chromium.new_context(bypass_csp=True).new_page()  # for the questions that this test asks of the page
    page.goto(path.as_uri())
    page.wait_for_function("[...document.querySelectorAll('mla-player')].every((player) => player.film)")
    page.click("#begin")
    page.wait_for_function("document.querySelector('mla-player').playing")
    page.evaluate("() => { const player = document.querySelector('mla-player'); player.seek(player.seconds - 0.2) }")
    page.wait_for_function("document.querySelectorAll('mla-player')[1].playing", timeout=15_000)
    page.context.close()
