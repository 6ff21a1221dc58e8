"""What tests share: one browser for all of them."""

from __future__ import annotations

import gc
import os

import pytest

# Two workers with two threads each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Keras asks for TensorFlow where nothing else is said.
os.environ.setdefault("KERAS_BACKEND", "torch")

from browser import FLAGS, NAMES, executable

# To collect 4,500 tests makes a great many objects and no garbage to speak of; 700 at a time, a quarter of it is looking.
gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium of Playwright's. Without one the tests fail, unless MLA_NO_BROWSER=1 says that this is known."""
    path = executable()
    if path is None:
        if os.environ.get("MLA_NO_BROWSER") == "1":
            pytest.skip("no Chromium, as MLA_NO_BROWSER=1 says")
        pytest.fail(
            f"The player is tested in a real browser and none of {', '.join(NAMES)} is installed. Debian: apt-get install "
            "chromium; or set MLA_CHROMIUM to the path of one, or MLA_NO_BROWSER=1 to leave these tests out.",
            pytrace=False,
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """An empty page. It fails the test when the page logs an error, throws one, or asks for anything of a network."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    yield page
    context.close()
    assert not faults


def pytest_collection_finish() -> None:
    """What was collected stays until the end: the collector of garbage need not walk it again and again."""
    gc.collect()
    gc.freeze()
