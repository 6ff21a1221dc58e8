"""The book at /book: its pages as they were built, and their films trained again from there."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import mlanimated as mla
from mlanimated.lessons.markup import command_line, figure
from mlanimated.studio.app import application
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.studio import Studio
from mlanimated.studio.trainings import again
from serving import listening

HOME = "http://127.0.0.1:8017"
INLINE = '\n    document.body.dataset.theme = "light";\n  '


def write_page(path: Path, *figures: str) -> None:
    """Write a page as the book's are: a line of script in it, data that is none, a file beside it."""
    path.write_text(
        f"""<!doctype html><html lang="en"><head><title>A page</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/book.css"></head>
<body><script>{INLINE}</script><script type="application/json">{{"at": 1}}</script><h1>A page of the book</h1>
{"".join(figures)}<script src="_static/book.js"></script></body></html>""",
        encoding="utf-8",
    )


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    (folder / "_static").mkdir(parents=True)
    (folder / ".buildinfo").write_text("hidden")
    (tmp_path / "secret.html").write_text("secret")
    (folder / "_static" / "book.js").write_text('document.querySelector("h1").textContent += "!";')
    (folder / "_static" / "book.css").write_text("h1 { color: red }")
    (folder / "film.mla.gz").write_bytes(b"\x1f\x8b")
    write_page(folder / "index.html", figure("film", [command_line("gradient-descent", {"steps": 4})]))
    return folder


@pytest.fixture
def reader(folder: Path, pages: Path) -> Iterator[TestClient]:
    with TestClient(application(Studio(folder, lambda: pages)), base_url=HOME) as made:
        yield made


def test_pages_are_served_as_they_were_built_with_one_script_more(reader: TestClient, pages: Path) -> None:
    answer = reader.get("/book")
    assert answer.url.path == "/book/"
    built = (pages / "index.html").read_text()
    assert answer.text == built.replace("</body>", '<script type="module" src="/assets/again.js"></script></body>')
    for name, kind in (
        ("_static/book.js", "text/javascript"),
        ("_static/book.css", "text/css"),
        ("film.mla.gz", "application/gzip"),
        ("index.html", "text/html"),
    ):
        answer = reader.get(f"/book/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "content-encoding" not in answer.headers, "the player unpacks films itself"
        same = reader.get(f"/book/{name}", headers={"if-none-match": answer.headers["etag"]})
        assert same.status_code == 304
        assert same.headers["content-security-policy"] == answer.headers["content-security-policy"]
    assert reader.get("/assets/again.js").status_code == 200


def test_a_page_may_run_its_own_lines_and_no_others(reader: TestClient) -> None:
    policy = reader.get("/book/").headers["content-security-policy"]
    scripts = re.search("script-src ([^;]*);", policy)
    digest = base64.b64encode(hashlib.sha256(INLINE.encode()).digest()).decode()
    assert scripts is not None
    assert scripts[1].split() == ["'self'", f"'sha256-{digest}'"]
    assert "default-src 'none'" in policy
    assert reader.get("/").headers["content-security-policy"] != policy


@pytest.mark.parametrize(
    "name",
    ["../secret.html", "%2e%2e/secret.html", "..%2fsecret.html", "/etc/passwd", "%2fetc%2fpasswd", ".buildinfo", "none.html",
     "_static", "_static/", "%00", "x" * 5000, "_static/../../secret.html", "..%5csecret.html", "link.html"],
)  # fmt: skip
def test_nothing_outside_of_the_book_is_served(reader: TestClient, pages: Path, name: str) -> None:
    (pages / "link.html").symlink_to(pages.parent / "secret.html")
    answer = reader.get(f"/book/{name}")
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.html", "")


def test_pages_lead_to_the_book_where_there_is_one(reader: TestClient, asker: TestClient) -> None:
    for path in ("/", "/play", "/play/catch", "/board", "/docs"):
        assert '<a href="/book/">Book</a>' in reader.get(path).text
        assert "/book/" not in asker.get(path).text.replace("/api/v1/", "")


def test_without_a_book_one_line_says_how_to_build_it(asker: TestClient) -> None:
    answer = asker.get("/book", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "scripts/book builds it" in answer.text
    assert "scripts/book builds it" in asker.get("/book/").json()["error"]


def test_a_book_that_is_built_meanwhile_is_there(folder: Path, pages: Path) -> None:
    there: list[Path] = []
    with TestClient(application(Studio(folder, lambda: there[0] if there else None)), base_url=HOME) as made:
        assert made.get("/book/").status_code == 404
        there.append(pages)
        assert made.get("/book/").status_code == 200


@pytest.mark.parametrize(
    ("recipe", "given", "status", "words"),
    [
        ("gradient-decent", {}, 422, "Did you mean 'gradient-descent'"),
        ("os.system", {}, 422, "no film named"),
        ("gradient-descent", {"learning_rate": 7}, 422, "learning_rate is 7"),
        ("gradient-descent", {"rate": 0.1}, 422, "no argument 'rate'"),
        ("gradient-descent", {"steps": "many"}, 422, "whole number"),
        ("pong-hidden-units", {"trace": "/etc/passwd"}, 403, "trace may name no file"),
        ("pong-hidden-units", {"trace": "../mine.mla"}, 403, "may name no file"),
        ("overestimation", {"game": "os:CartPole-v1"}, 403, "may name no file or module"),
    ],
)
def test_recipes_alone_are_trained_and_their_arguments_checked(
    asker: TestClient, folder: Path, recipe: str, given: dict[str, object], status: int, words: str
) -> None:
    answer = asker.post("/api/v1/trainings", json={"recipe": recipe, "arguments": given})
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert not list(folder.rglob("*.mla"))


def test_another_site_trains_nothing(asker: TestClient, folder: Path) -> None:
    wanted = {"recipe": "gradient-descent", "arguments": {"steps": 1}}
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"host": "evil.example"}):
        assert asker.post("/api/v1/trainings", json=wanted, headers=headers).status_code in {403, 421}
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "content-type": "text/plain"}
    assert asker.post("/api/v1/trainings", content="{}", headers=foreign).status_code == 403
    assert not list(folder.rglob("*.mla"))


@pytest.mark.parametrize(
    ("recipe", "given", "pace"),
    [
        ("gradient-descent", {}, 4),
        ("gradient-descent", {"steps": 2000}, 100),
        ("gradient-descent", {"steps": 10**5}, 2000),
    ],
)
def test_a_training_is_as_slow_as_it_is_well_watched(recipe: str, given: dict[str, object], pace: float) -> None:
    (plan,) = again(recipe, given, Path)
    assert plan.pace == pace


def test_the_runs_of_a_film_lie_together_and_take_no_place(studio: Studio, folder: Path) -> None:
    def places(name: str, **values: object) -> list[str]:
        plans = again(name, values, lambda run: studio.folder.new(run)[1])
        return [Path(plan.path).relative_to(folder).as_posix() for plan in plans]

    assert places("gradient-descent") == ["gradient-descent-1.mla"]
    assert places("learning-rates", slow=0.002) == [f"learning-rates-1/{rate}.mla" for rate in ("0.95", "0.1", "0.002")]
    (folder / "gradient-descent-1.mla").touch()
    assert places("gradient-descent") == ["gradient-descent-2.mla"]
    (folder / "learning-rates-1").mkdir()
    (folder / "learning-rates-1" / "0.1.mla").touch()
    assert all(place.startswith("learning-rates-2/") for place in places("learning-rates"))
    studio.store.close()


@pytest.mark.slow
def test_a_film_of_several_runs_is_trained_by_one_process(studio: Studio, folder: Path) -> None:
    runs = studio.train("learning-rates", {"steps": 3000, "fast": 0.9})
    assert runs == [f"learning-rates-1~1{rate}" for rate in ("0.9", "0.1", "0.0003")]
    names = [studio.runs.fresh(run).trace.about.name for run in runs]
    assert names == ["learning-rates 0.9", "learning-rates 0.1", "learning-rates 0.0003"]
    with pytest.raises(Refusal, match=r"runs already \(learning-rates 0.9\)"):
        studio.train("gradient-descent", {})
    studio.trainings.stop()
    assert [mla.Trace.open(path).finished for path in folder.rglob("*.mla")] == [True, True, True]
    studio.store.close()


@pytest.mark.slow
def test_a_reader_trains_a_film_again_and_sees_it_end(chromium, folder: Path, pages: Path) -> None:
    figures = [
        figure("film", [command_line("gradient-descent", {"steps": 6, "learning_rate": 0.2})]),
        figure("film", [command_line("gradient-descent", {"steps": 0})]),
    ]
    write_page(pages / "index.html", *figures)
    faults: list[str] = []
    with listening(Studio(folder, lambda: pages)) as port:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{port}")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/")
        page.click("nav a:has-text('Book')")
        page.wait_for_selector("h1:has-text('A page of the book!')")  # its own script ran
        assert page.evaluate("document.body.dataset.theme") == "light", "and the line of script that stands in it"
        assert not faults
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto("/")
        assert page.evaluate("document.getElementById('theme').getBoundingClientRect().right") <= 390
        page.goto("/book/")
        page.locator(".mla-again").nth(1).click()
        page.wait_for_selector(".mla-told:has-text('steps is 0; it must be at least')")
        faults.clear()  # the browser tells, too, that it was refused
        page.locator(".mla-again").nth(0).click()
        page.wait_for_url("**/watch?run=gradient-descent-1*")
        page.wait_for_selector("#legend .state:has-text('finished')")
        page.wait_for_selector(".panel.ready")
        context.close()
    trace = mla.Trace.open(folder / "gradient-descent-1.mla")
    assert (trace.last_step, trace.about.args["learning_rate"], trace.finished) == (6, 0.2, True)
    assert not faults
