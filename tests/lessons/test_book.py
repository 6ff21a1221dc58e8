"""The book as it is read: built with quick arguments, and opened in a browser, page by page.

CI builds all of it first (`scripts/book --quick`) and names its pages in MLA_BOOK_PAGES. Without that, two chapters are built here.
"""

from __future__ import annotations

import functools
import html
import json
import os
import re
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

try:
    import fcntl
except ImportError:  # where there is none, tests of this file are run by one worker
    fcntl = None

pytest.importorskip("sphinx")
pytest.importorskip("myst_nb")
pytest.importorskip("furo")

ROOT = Path(__file__).parents[2]
PAGES = Path(os.environ["MLA_BOOK_PAGES"]).resolve() if os.environ.get("MLA_BOOK_PAGES") else None
"""Where the whole book has been built; None where two chapters are to do."""

TWO = "02 13"
CHAPTERS = (
    [path.stem for path in sorted((ROOT / "book" / "chapters").glob("*.md"))]
    if PAGES
    else ["02-gradient-descent", "13-q-learning"]
)
NAMES = [
    path.relative_to(ROOT / "book").with_suffix("").as_posix()
    for path in sorted((ROOT / "book").rglob("*.md"))
    if path.parent == ROOT / "book" or PAGES or path.stem in CHAPTERS
]
LIGHT = 3_000_000
"""Bytes of a page on first view, as they come over the line: what serves the book packs nothing."""

SCRIPTS = 80_000
"""Bytes of all its scripts."""

PHONE = 360
"""Units that a narrow phone is wide."""
LAPTOPS = (1024, 1200, 1366)
"""Units that small laptops are wide; the theme lays its side bars out differently on them."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the pages, made with quick arguments: all that were built before, or two chapters.

    A warning fails their build. Workers of one run share it: whoever comes first builds, the others wait.
    """
    if PAGES:
        assert (PAGES / "index.html").is_file(), "MLA_BOOK_PAGES names the folder that scripts/book --quick has written"
        return PAGES
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    folder = tmp_path_factory.getbasetemp().parent / f"book-{run}" if run else tmp_path_factory.mktemp("book")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            build(folder, TWO)
            (folder / "built").touch()
    return folder / "html"


def build(folder: Path, chapters: str) -> None:
    """Build some chapters into a folder, from nothing."""
    (folder / "static").mkdir(exist_ok=True)
    variables = {
        "MLA_BOOK_QUICK": "1",
        "MLA_BOOK_ONLY": chapters,
        "MLA_BOOK_BUILD": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    for name in ("MLA_BOOK_CACHE", "MLA_BOOK_FILMS"):
        variables[name] = str(folder / name.rsplit("_", maxsplit=1)[-1].lower())
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(folder / "doctrees")]
    ran = subprocess.run(
        [*command, str(ROOT / "book"), str(folder / "html")],
        env={**os.environ, **variables, "JUPYTER_PREFER_ENV_PATH": "1"},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]


@pytest.fixture(scope="module")
def site(built: Path):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(built))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Reader:
    """A page of Chromium's that notes what it is asked for and what goes wrong."""

    def __init__(self, chromium, **how) -> None:
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.answers: list[tuple[str, int]] = []
        self.page.on(
            "console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "response", lambda got: self.answers.append((got.url, int(got.headers.get("content-length") or 0)))
        )

    def open(self, address: str):
        self.page.goto(address)
        self.page.wait_for_function("document.querySelector('mla-player')?.film", timeout=20_000)
        return self.page


@pytest.fixture
def reader(chromium):
    one = Reader(chromium)
    yield one
    one.context.close()
    assert not one.faults


def read(path: Path):
    """Return a notebook, checked."""
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def links(page: str) -> set[str]:
    return {
        link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if not re.match(r"https?:|data:|mailto:", link)
    }


def written(built: Path) -> dict[Path, str]:
    """Return the pages that a reader may come to."""
    return {
        path: path.read_text(encoding="utf-8")
        for path in sorted(built.rglob("*.html"))
        if not path.relative_to(built).parts[0].startswith("_")
    }


def test_all_of_it_is_there(built: Path) -> None:
    assert not [name for name in NAMES if not (built / f"{name}.html").is_file()]


def test_every_link_and_picture_is_there(built: Path) -> None:
    pages = written(built)
    places = {path: set(re.findall(r'\bid="([^"]+)"', page)) for path, page in pages.items()}
    missing = []
    for path, page in pages.items():
        for link in links(page):
            name, _, place = link.partition("#")
            goal = (path.parent / name.split("?")[0]).resolve() if name else path
            if not goal.exists() or (place and goal in places and place not in places[goal]):
                missing.append(f"{path.name}: {link}")
    assert not missing
    assert not [path for path, page in pages.items() if "mla-root:" in page]


def test_no_word_is_misspelt(built: Path, tmp_path: Path) -> None:
    """The sources are checked by scripts/check; here, what films and tables say when they are made."""
    codespell = pytest.importorskip("codespell_lib")
    texts = []
    for path, page in written(built).items():
        text = "".join(re.findall(r"<article.*?</article>", page, re.DOTALL))
        text = re.sub(r"<script.*?</script>|<[^>]+>", " ", text, flags=re.DOTALL)
        texts.append(str(tmp_path / f"{len(texts)}-{path.stem}.txt"))
        Path(texts[-1]).write_text(html.unescape(text), encoding="utf-8")
    assert codespell.main("--toml", str(ROOT / "pyproject.toml"), *texts) == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_lacks_nothing(built: Path, name: str) -> None:
    page = (built / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    figures = re.findall(r'<figure class="mla-figure ([^"]*)".*?</figure>', page, re.DOTALL)
    films = re.findall(r"<mla-player[^>]*>.*?</mla-player>", page, re.DOTALL)
    assert " autoplay" in films[0].partition(">")[0], "the headline film begins by itself"
    assert len(films) >= 2
    for film in films:
        alts = re.findall(r'<img class="only-(?:light|dark)"[^>]*alt="([^"]*)"', film)
        assert len(alts) == 2
        assert all(len(alt) > 40 for alt in alts), "says what the film shows"
    assert page.count('class="mla-command"') >= 1
    assert "mla-words" in page
    assert "mla-predict" in figures
    assert "mla-exercise" in figures
    assert 'class="mla-numbers' in page
    assert "95% interval" in page


@pytest.mark.parametrize("name", ["02-gradient-descent", "13-q-learning"])
def test_formulas_are_drawn_and_films_are_many(built: Path, name: str) -> None:
    page = (built / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert page.count("<mla-player") >= 4


def test_films_are_listed_with_their_hashes(built: Path) -> None:
    listed = json.loads((built / "films.json").read_text(encoding="utf-8"))
    assert len(listed) >= 8
    for film in listed:
        assert re.fullmatch("[0-9a-f]{32}", film["hash"])
        assert (built / "_films" / film["key"] / "film.mla.gz").stat().st_size == film["bytes"]
    assert listed[0]["hash"][:16] in (built / "films.html").read_text(encoding="utf-8")


def test_a_second_build_shows_the_same_frames(built: Path, tmp_path: Path) -> None:
    """Of two chapters, one of whose trainings takes PyTorch; `scripts/book --again` compares all of them."""
    build(tmp_path, "15 24" if PAGES else "13")
    first, second = (
        {film["key"]: film["hash"] for film in json.loads((folder / "films.json").read_text(encoding="utf-8"))}
        for folder in (built, tmp_path / "html")
    )
    assert len(second) >= 3
    assert second == {key: first.get(key) for key in second}


def test_notebooks_stand_alone(built: Path) -> None:
    for name in CHAPTERS:
        notebook = read(built / "notebooks" / f"{name}.ipynb")
        assert notebook.cells[0].source.startswith("%pip install")
        assert "mla-root:" not in json.dumps(notebook)
        pictures = [
            output
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        assert pictures
        assert not re.search(r"\]\([^)]*\.md", "".join(cell.source for cell in notebook.cells))


def test_a_notebook_runs_from_top_to_bottom(built: Path, tmp_path: Path) -> None:
    """Outside of the book, as after a download; its first cell, which installs, is left out."""
    notebook = read(built / "notebooks" / "02-gradient-descent.ipynb")
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"][1:]
    program = "\n".join(code) + "\nshown = lessons.play('gradient-descent', steps=3)\n"
    program += "assert '<iframe' in shown._repr_mimebundle_()['text/html']\n"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MLA_BOOK")}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=variables, check=True, timeout=300)


@pytest.mark.parametrize("name", [*NAMES, "search"])
def test_a_page_is_light_asks_nobody_and_is_for_everybody(chromium, site: str, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    reader = Reader(chromium, color_scheme="light")
    page = reader.page
    page.goto(f"{site}/{name}.html")
    page.wait_for_load_state("networkidle")
    assert all(address.startswith((site, "data:", "blob:")) for address, _ in reader.answers)
    assert sum(size for _, size in reader.answers) <= LIGHT
    scripts = [size for address, size in reader.answers if ".js" in address and "searchindex" not in address]
    assert sum(scripts) <= SCRIPTS, "the words of the whole book, which the page of search looks through, are no script"
    told = []
    for theme in ("light", "dark"):
        page.evaluate(f"document.body.dataset.theme = '{theme}'")
        glides = "Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {})))"
        page.evaluate(glides)  # of colours
        found = axe.Axe().run(page).response["violations"]
        told += [(theme, each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found]
    wide: dict[int, int] = {}
    for width in (PHONE, *LAPTOPS):
        page.set_viewport_size({"width": width, "height": 740})
        wide[width] = page.evaluate("document.documentElement.scrollWidth")
    reader.context.close()
    assert not told
    assert [width for width in wide if wide[width] > width] == [], "nothing is wider than the screen"
    assert not reader.faults


def test_films_are_fetched_when_they_come_near(reader: Reader, site: str) -> None:
    reader.open(f"{site}/chapters/02-gradient-descent.html")
    reader.page.wait_for_function("document.querySelector('mla-player').film")
    reader.page.wait_for_load_state("networkidle")
    films = [address for address, _ in reader.answers if "film.mla.gz" in address]
    assert 1 <= len(films) <= 3


def test_nothing_moves_when_a_film_comes(reader: Reader, site: str) -> None:
    reader.open(f"{site}/chapters/02-gradient-descent.html")
    page = reader.page
    page.wait_for_function("document.querySelector('mla-player').hasAttribute('ready')")
    last = page.locator("mla-player").last
    assert last.get_attribute("ready") is None, "it is far down the page"
    before = last.bounding_box()
    last.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('mla-player')].at(-1).hasAttribute('ready')")
    after = last.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] == pytest.approx(before["height"], abs=1)


def test_the_headline_plays_by_itself_and_the_slider_answers(reader: Reader, site: str) -> None:
    page = reader.open(f"{site}/chapters/02-gradient-descent.html")
    page.wait_for_function("document.querySelector('mla-player').playing")
    slider = page.locator(".mla-choose input[type=range]").first
    before = page.locator(".mla-choose mla-player").first.get_attribute("src")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        f"document.querySelector('.mla-choose mla-player').getAttribute('src') !== {json.dumps(before)}"
    )
    assert "0.95" in page.locator(".mla-choose .mla-command code").first.inner_text()
    assert page.locator(".mla-choose output").first.inner_text() == "0.95"
    page.wait_for_function("document.querySelector('.mla-choose mla-player').time > 0")


def test_a_question_stops_the_film_and_shows_the_answer(reader: Reader, site: str) -> None:
    page = reader.open(f"{site}/chapters/02-gradient-descent.html")
    figure = page.locator(".mla-predict").nth(1)
    figure.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('.mla-predict mla-player')[1].film")
    data = json.loads(figure.locator("script").inner_text())
    page.wait_for_function(
        f"Math.abs(document.querySelectorAll('.mla-predict mla-player')[1].time - {data['at']}) < 0.1"
    )
    wrong = (data["right"] + 1) % 3
    figure.locator(".mla-ask button").nth(wrong).press("Enter")
    assert figure.locator(".mla-verdict").inner_text().startswith("No")
    page.wait_for_function("document.querySelectorAll('.mla-predict mla-player')[1].playing")
    figure.locator(".mla-ask button").nth(data["right"]).press("Enter")
    assert figure.locator(".mla-verdict").inner_text().startswith("Yes")


def test_an_exercise_is_checked(reader: Reader, site: str) -> None:
    page = reader.open(f"{site}/chapters/02-gradient-descent.html")
    figure = page.locator(".mla-exercise").first
    for given, said in (("0.7", "Not yet"), ("0,5", "Right"), ("", "Write a number")):
        figure.locator("input").fill(given)
        figure.locator("input").press("Enter")
        assert figure.locator(".mla-verdict").inner_text().startswith(said)


def test_films_follow_the_pages_light_and_dark(reader: Reader, site: str) -> None:
    page = reader.open(f"{site}/chapters/02-gradient-descent.html")
    for theme in ("dark", "light"):
        page.evaluate(f"document.body.dataset.theme = '{theme}'")
        page.wait_for_function(f"document.querySelector('mla-player').getAttribute('theme') === '{theme}'")


def test_who_prefers_less_motion_gets_none(chromium, site: str) -> None:
    calm = Reader(chromium, reduced_motion="reduce")
    page = calm.open(f"{site}/chapters/02-gradient-descent.html")
    page.wait_for_timeout(300)
    assert not page.evaluate("document.querySelector('mla-player').playing")
    calm.context.close()
    assert not calm.faults


def test_the_studio_serves_it_and_trains_its_films_again(chromium, built: Path, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    import mlanimated as mla
    from mlanimated.studio.studio import Studio
    from serving import listening, until

    with listening(Studio(tmp_path, lambda: built)) as port:
        reader = Reader(chromium)
        page = reader.page
        page.goto(f"http://127.0.0.1:{port}/book/search.html?q=momentum")
        page.wait_for_selector("#search-results li a", timeout=20_000)
        page.goto(f"http://127.0.0.1:{port}/book/chapters/02-gradient-descent.html")
        until(page, "() => document.querySelector('mla-player').playing")
        figure = page.locator(".mla-choose").first
        figure.locator("input[type=range]").press("ArrowRight")
        figure.locator(".mla-again").click()
        page.wait_for_url("**/watch?run=gradient-descent-1*", timeout=60_000)
        page.wait_for_selector(".panel.ready", timeout=60_000)
        reader.context.close()
    assert mla.Trace.open(tmp_path / "gradient-descent-1.mla").about.args["learning_rate"] == 0.95
    assert all(address.startswith((f"http://127.0.0.1:{port}/", "data:", "blob:")) for address, _ in reader.answers)
    assert not reader.faults


def test_without_scripts_it_still_reads(chromium, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/chapters/02-gradient-descent.html")
    assert page.locator("mla-player img").first.is_visible()
    assert page.locator("details summary").first.is_visible()
    context.close()


def test_search_finds_a_chapter(reader: Reader, site: str) -> None:
    reader.page.goto(f"{site}/search.html?q=momentum")
    reader.page.wait_for_selector("#search-results li a", timeout=20_000)
    assert all(address.startswith(site) for address, _ in reader.answers)
