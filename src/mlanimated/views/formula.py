r"""Formula: a formula with the live value under each symbol.

Formula((
    Symbol("w", "w", after=True), r"\leftarrow",
    Symbol("w", "w"), "-",
    Symbol(r"\eta", "learning_rate"), r"\cdot",
    Symbol(r"\frac{\partial L}{\partial w}", "gradient[0]", colour="series-1"),
))
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group
from mlanimated.draw.ease import ease, span
from mlanimated.draw.formula import formula, measure
from mlanimated.draw.text import cap_height, label
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import Writing, element, scalar, source, value, writing_of
from mlanimated.views.scene import View

__all__ = ["Formula", "Symbol"]

LARGEST, SMALLEST = 44.0, 16.0
ARRIVES = (0.56, 0.72)
"""Shares of a slow step in which its result appears: after what it is computed from."""


@dataclass(frozen=True)
class Symbol:
    """A part of a formula with a value.

    Attributes:
        tex: The part, in TeX.
        series: Name of a scalar series, or of one number of an array series as in "gradient[0]"; "" for no value.
        after: Show the value after the step that is being taken, as on the left side of an assignment; in a slow film
            it appears when the step is made. After the last step there is no next one and nothing is shown.
        decimals: Digits after the point; None chooses.
        colour: Colour of symbol and value; "ink" leaves the value muted.
    """

    tex: str
    series: str = ""
    _: KW_ONLY
    after: bool = False
    decimals: int | None = None
    colour: Colour = "ink"


class Cell(NamedTuple):
    """A symbol, what stands under it, how that is written, and how far it has appeared."""

    symbol: Symbol
    value: float
    writing: Writing | None
    seen: float


@dataclass(frozen=True)
class Formula(View):
    """A formula in one line with live values.

    Attributes:
        tokens: The parts in order: TeX, or `Symbol` for a part with a value; ("w", "weights/w") is short for
            Symbol("w", "weights/w").
        size: Type size of the formula; smaller where there is no room.
        centred: Stand in the middle of the panel, not at its left.

    Raises:
        MlaError: A part cannot be read, or the trace has no such series.
    """

    tokens: tuple[str | tuple[str, str] | Symbol, ...]
    _: KW_ONLY
    size: float = 36.0
    centred: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tokens or isinstance(self.tokens, str):
            raise MlaError('Formula takes its parts one by one, as in Formula((("w", "w"), "=", "2")).')

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the symbols on one baseline and the values on another below."""
        cells = [self._cell(moment, token) for token in self.tokens]
        size = min(LARGEST, max(SMALLEST, self.size))
        while size > SMALLEST and (_width(cells, size) > box.width or _height(cells, size) > box.height):
            size -= 1
        small = _small(size)
        above = max(measure(cell.symbol.tex, size).height for cell in cells)
        depth = max(measure(cell.symbol.tex, size).depth for cell in cells)
        live = any(cell.writing for cell in cells)
        total = above + depth + (small * 0.7 + cap_height(small) if live else 0.0)
        base = box.y + (box.height - total) / 2 + above
        below = base + depth + small * 0.7 + cap_height(small)
        x = box.x + (max(0.0, box.width - _width(cells, size)) / 2 if self.centred else 0.0)
        symbols: list[Command] = []
        values: list[Command] = []
        for cell in cells:
            room = _room(cell, size)
            symbols.append(formula(cell.symbol.tex, x + room / 2, base, size, cell.symbol.colour, "middle"))
            if cell.writing is not None and cell.seen > 0:
                fill = "muted" if cell.symbol.colour == "ink" else cell.symbol.colour
                # Numbers end at a fixed place, so that their digits stand still.
                end = x + room / 2 + cell.writing.width(small) / 2
                values.append(label(end, below, cell.writing.tight(cell.value), small, fill, "end", opacity=cell.seen))
            x += room + _gap(size)
        return (Group(tuple(symbols), key="symbols"), Group(tuple(values), key="values"))

    def describe(self, moment: Moment) -> str:
        """Return the values that the formula holds."""
        cells = [self._cell(moment, token) for token in self.tokens]
        said = [
            f"{_plain(cell.symbol.tex)} = {cell.writing.tight(cell.value)}"
            for cell in cells
            if cell.writing and not cell.symbol.after
        ]
        return ", ".join(dict.fromkeys(said)) + "." if said else ""

    def _cell(self, moment: Moment, token: str | tuple[str, str] | Symbol) -> Cell:
        """Read one part."""
        symbol = token if isinstance(token, Symbol) else Symbol(token) if isinstance(token, str) else Symbol(*token)
        if not symbol.series:
            return Cell(symbol, math.nan, None, 0.0)
        name, index = element(symbol.series)
        found = source(moment, name, self.run, "Formula", "scalar", "array")
        read, seen = value(moment, found), 1.0
        if symbol.after and read is not None:
            _, read, share = moment.between(name, self.run)
            around = found.trace.around(name, moment.step(self.run))
            rate = moment.rate(self.run)
            slow = span((around.after_step - around.before_step) / rate, 0.3, 0.7) if rate > 0 else 1.0
            seen = 0.0 if around.after_step == around.before_step else 1.0 - slow * (1.0 - ease(span(share, *ARRIVES)))
        return Cell(symbol, scalar(read, index), writing_of(found, symbol.decimals), round(seen, 3))


def _small(size: float) -> float:
    """Return the size of the values under a formula."""
    return max(14.0, min(20.0, round(size * 0.5)))


def _gap(size: float) -> float:
    """Return the room between two parts."""
    return round(size * 0.32, 2)


def _room(cell: Cell, size: float) -> float:
    """Return the width that a part and its value need."""
    value_room = cell.writing.width(_small(size)) if cell.writing else 0.0
    return max(measure(cell.symbol.tex, size).width, value_room)


def _width(cells: Sequence[Cell], size: float) -> float:
    """Return the width of the whole line."""
    return sum(_room(cell, size) for cell in cells) + _gap(size) * (len(cells) - 1)


def _height(cells: Sequence[Cell], size: float) -> float:
    """Return the height of symbols and values."""
    measures = [measure(cell.symbol.tex, size) for cell in cells]
    return max(each.height for each in measures) + max(each.depth for each in measures) + _small(size) * 1.5


def _plain(tex: str) -> str:
    """Return a symbol as it can be read out: fractions with a stroke, Greek letters as such, nothing that is only for setting."""
    flat = re.sub(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", tex)
    return re.sub(r"\s+", " ", re.sub(r"\\([A-Za-z]+)\s*", _letter, flat)).strip(" {}$")


def _letter(command: re.Match[str]) -> str:
    """Return what a command of TeX stands for, or its name."""
    name = command[1]
    if name in ("partial", "nabla"):
        return {"partial": "∂", "nabla": "∇"}[name]
    try:
        return unicodedata.lookup(f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER {name.upper()}")
    except KeyError:
        return name
