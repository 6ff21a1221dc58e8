"""The book as it is read: two chapters are built with quick arguments, and opened in a browser."""

from __future__ import annotations

import functools
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
BUILT = "02 13"
CHAPTERS = ("02-gradient-descent", "13-q-learning")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the pages of two chapters, made with quick arguments; a warning fails the build.

    Workers of one run share it: whoever comes first builds, the others wait.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    folder = tmp_path_factory.getbasetemp().parent / f"book-{run}" if run else tmp_path_factory.mktemp("book")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            build(folder)
            (folder / "built").touch()
    return folder / "html"


def build(folder: Path) -> None:
    """Build two chapters into a folder."""
    (folder / "static").mkdir(exist_ok=True)
    variables = {"MLA_BOOK_QUICK": "1", "MLA_BOOK_ONLY": BUILT, "MLA_BOOK_BUILD": str(folder), "OMP_NUM_THREADS": "1"}
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
        link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if not re.match(r"https?:|data:|mailto:|#", link)
    }


def test_every_link_and_picture_is_there(built: Path) -> None:
    missing = []
    for path in built.rglob("*.html"):
        for link in links(path.read_text(encoding="utf-8")):
            goal = (path.parent / link.split("#")[0].split("?")[0]).resolve()
            if link.split("#")[0] and not goal.exists():
                missing.append(f"{path.name}: {link}")
    assert not missing
    assert not [path for path in built.rglob("*.html") if "mla-root:" in path.read_text(encoding="utf-8")]


def test_a_page_has_films_words_commands_and_pictures(built: Path) -> None:
    for name in CHAPTERS:
        page = (built / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        assert page.count("<mla-player") >= 4
        for alt in re.findall(r'<img class="only-light"[^>]*alt="([^"]*)"', page):
            assert len(alt) > 40, "says what the film shows"
        assert page.count('class="mla-command"') >= 1
        assert "mla-words" in page
        assert "95% interval" in page
        assert "<math" in page


def test_films_are_listed_with_their_hashes(built: Path) -> None:
    listed = json.loads((built / "films.json").read_text(encoding="utf-8"))
    assert len(listed) >= 8
    for film in listed:
        assert re.fullmatch("[0-9a-f]{32}", film["hash"])
        assert (built / "_films" / film["key"] / "film.mla.gz").stat().st_size == film["bytes"]
    assert listed[0]["hash"][:16] in (built / "films.html").read_text(encoding="utf-8")


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


def test_a_page_is_light_and_asks_nobody(reader: Reader, site: str) -> None:
    reader.open(f"{site}/chapters/02-gradient-descent.html")
    reader.page.wait_for_timeout(500)
    assert all(address.startswith((site, "data:")) for address, _ in reader.answers)
    assert sum(size for _, size in reader.answers) <= 3_000_000
    assert sum(size for address, size in reader.answers if ".js" in address) <= 80_000
    films = [address for address, _ in reader.answers if "film.mla.gz" in address]
    assert 1 <= len(films) <= 3, "others are fetched when they come near"


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


def test_a_phone_sees_all_of_it(chromium, site: str) -> None:
    phone = Reader(chromium, viewport={"width": 360, "height": 740})
    for name in CHAPTERS:
        page = phone.open(f"{site}/chapters/{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, "nothing is wider than the screen"
    phone.context.close()
    assert not phone.faults


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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", [*(f"chapters/{each}" for each in CHAPTERS), "index", "gallery", "films", "traceability"]
)
def test_axe_finds_nothing(chromium, site: str, name: str, theme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    reader = Reader(chromium, color_scheme=theme)
    reader.page.goto(f"{site}/{name}.html")
    reader.page.wait_for_timeout(500)
    found = axe.Axe().run(reader.page)
    told = [(each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found.response["violations"]]
    reader.context.close()
    assert not told
