"""What the book's extension does without building pages: films of two builds compared, chapters dealt out, a film lifted to the top."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("latex2mathml")

BOOK = Path(__file__).parents[2] / "book"


@pytest.fixture(autouse=True)
def extension(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BOOK))


def pages(folder: Path, **films: str) -> Path:
    folder.mkdir()
    listed = [{"key": key, "hash": value} for key, value in films.items()]
    (folder / "films.json").write_text(json.dumps(listed))
    return folder


def test_films_of_two_builds_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from extension import same

    first = pages(tmp_path / "first", ball="aa", lake="bb")
    assert same.main(str(first), str(pages(tmp_path / "equal", lake="bb", ball="aa"))) == 0
    assert "All 2 films" in capsys.readouterr().out
    assert same.main(str(first), str(pages(tmp_path / "other", lake="bc", ball="aa"))) == 1
    assert capsys.readouterr().out.splitlines() == ["lake: bb and bc", "1 of 2 films differ."]
    told = same.differences(first, pages(tmp_path / "fewer", ball="aa", pole="cc"))
    assert [line.split(":")[0] for line in told] == ["lake", "pole"], "a film that one build lacks differs too"


def test_a_build_without_films_is_not_the_same(tmp_path: Path) -> None:
    from extension import same

    assert same.main(str(pages(tmp_path / "first")), str(pages(tmp_path / "second"))) == 1


def test_chapters_are_dealt_out_to_the_processes() -> None:
    from extension import fresh

    names = [f"{number:02}" for number in range(9)]
    dealt = list(names)
    fresh._deal(SimpleNamespace(parallel=2), None, dealt)  # pyright: ignore[reportArgumentType]
    assert dealt == [*names[::2], *names[1::2]]


def test_what_another_process_has_read_is_taken_over() -> None:
    from extension import fresh

    env = SimpleNamespace(mla_films={"index": ["a"], "chapters/01": ["old"]})
    other = SimpleNamespace(mla_films={"index": [], "chapters/01": ["new"], "chapters/02": ["b"]})
    fresh._merge(None, env, ["chapters/01", "chapters/02"], other)  # pyright: ignore[reportArgumentType]
    assert env.mla_films == {"index": ["a"], "chapters/01": ["new"], "chapters/02": ["b"]}


def test_a_pages_own_film_is_lifted_to_its_top() -> None:
    from docutils import nodes
    from docutils.utils import new_document
    from extension import places

    document = new_document("page")
    film = '<figure class="mla-figure mla-film mla-headline"><mla-player src="x" autoplay></mla-player></figure>'
    told = nodes.paragraph("", "What you will see. Three clouds.")
    document += [nodes.paragraph("", "A film."), told, nodes.raw("", film, format="html")]
    places._lift(None, document)  # pyright: ignore[reportArgumentType]
    first, last = document.findall(nodes.raw)
    assert document.index(first) == document.index(told) - 1
    assert first.astext() == film
    assert "autoplay" not in last.astext(), "one of the two begins by itself"


def test_films_of_a_page_have_names_of_their_own() -> None:
    from docutils import nodes
    from docutils.utils import new_document
    from extension import places

    document = new_document("page")
    for name in ("pie", "countries", "pie", "pie"):
        document += nodes.raw("", f'<mla-player id="{name}" src="x"></mla-player>', format="html")
    places._name(None, document)  # pyright: ignore[reportArgumentType]
    found = [re.findall('id="([^"]+)"', raw.astext())[0] for raw in document.findall(nodes.raw)]
    assert found == ["pie", "countries", "pie-2", "pie-3"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/someone/animated.git", "someone/animated"),
        ("git@github.com:someone/animated", "someone/animated"),
        ("https://example.org/someone/animated", ""),
        ("/home/someone/animated", ""),
        ("", ""),
    ],
)
def test_colab_opens_what_lies_on_github(address: str, name: str) -> None:
    from extension import downloads

    assert downloads.on_github(address) == name


def test_a_chapter_offers_its_notebook_and_colab(monkeypatch: pytest.MonkeyPatch) -> None:
    from extension import downloads

    for repository in ("someone/animated", ""):
        monkeypatch.setenv("MLA_REPOSITORY", repository)
        downloads.repository.cache_clear()
        context = {"body": "<h1>3. A first network</h1><p>Words.</p>", "content_root": "../"}
        downloads._offer(None, "chapters/03-first", "page.html", context, None)  # pyright: ignore[reportArgumentType]
        assert 'href="../notebooks/03-first.ipynb" download' in context["body"]
        colab = "https://colab.research.google.com/github/someone/animated/blob/notebooks/03-first.ipynb"
        assert (colab in context["body"]) == bool(repository)
    downloads.repository.cache_clear()
