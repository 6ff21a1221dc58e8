"""Palette: the two themes, what each role means in them, and the colour maps.

A view names roles, never colours; a painter resolves them for its theme, so that light and dark are one film. The eight
series colours keep apart for readers with protanopia, deuteranopia and tritanopia (the first six are tested), and all
stand out from the ground by 3:1 at least. Colour maps are interpolated in OKLab (Björn Ottosson, 2020), where equal
steps look equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.commands import Colour, InkOn, Mapped
from mlanimated.errors import MlaError, did_you_mean

__all__ = ["MAPS", "ROLES", "SERIES", "THEMES", "Rgba", "Theme", "contrast", "lut", "resolve", "series", "theme"]

Rgba = tuple[int, int, int, int]

BLACK = "#000000"
WHITE = "#ffffff"

_ALIASES = {
    "prediction": "series-1",
    "target": "series-2",
    "error": "bad",
    "positive": "series-1",
    "negative": "series-2",
    "value": "series-3",
    "policy": "series-4",
    "reward": "series-6",
}


@dataclass(frozen=True)
class Theme:
    """Colours for a ground.

    Attributes:
        name: "light" or "dark".
        roles: The literal colour ("#rrggbb") of each role.
        maps: For each colour map the colours that it passes through, evenly spaced.
    """

    name: str
    roles: Mapping[str, str]
    maps: Mapping[str, tuple[str, ...]]


_PICTURE_MAPS = {
    "grey": ("#000000", "#ffffff"),
    "heat": ("#07060f", "#3b0f56", "#8c2369", "#d64b4b", "#f79044", "#fbd66b", "#fdf9d8"),
    "cyclic": ("#2f6fb5", "#7a5fb0", "#b8558c", "#c2604c", "#a58226", "#5f9444", "#23908a", "#2f6fb5"),
}

_LIGHT = {
    "ground": "#fbfaf7",
    "panel": "#f2f0ea",
    "ink": "#1c2430",
    "muted": "#66707d",
    "faint": "#dcdad3",
    "accent": "#cb4a0b",
    "good": "#26965f",
    "bad": "#a8123a",
    "series-1": "#0758b7",
    "series-2": "#cf7900",
    "series-3": "#299f77",
    "series-4": "#651c8d",
    "series-5": "#923b7a",
    "series-6": "#4c5209",
    "series-7": "#458099",
    "series-8": "#795c4e",
}

_DARK = {
    "ground": "#11151c",
    "panel": "#1a202a",
    "ink": "#e9edf2",
    "muted": "#97a2b0",
    "faint": "#2c3440",
    "accent": "#fb7350",
    "good": "#6fe0a4",
    "bad": "#ef4867",
    "series-1": "#6096e2",
    "series-2": "#f6b600",
    "series-3": "#55d0b7",
    "series-4": "#c8a8ff",
    "series-5": "#c45c75",
    "series-6": "#c1ed79",
    "series-7": "#a1d8ed",
    "series-8": "#bc9c87",
}


def _theme(name: str, roles: Mapping[str, str], maps: Mapping[str, tuple[str, ...]]) -> Theme:
    aliases = {alias: roles[role] for alias, role in _ALIASES.items()}
    return Theme(name, MappingProxyType({**roles, **aliases}), MappingProxyType({**maps, **_PICTURE_MAPS}))


THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": _theme(
            "light",
            _LIGHT,
            {
                "sequential": ("#f3f1e9", "#bfdad2", "#6db1b8", "#2f7ea6", "#1d4f86", "#152a57"),
                "diverging": (
                    "#633508",
                    "#a45e05",
                    "#da9436",
                    "#eccc99",
                    "#f5f2ea",
                    "#b6d5f4",
                    "#6da9eb",
                    "#2570cc",
                    "#0e3f83",
                ),
            },
        ),
        "dark": _theme(
            "dark",
            _DARK,
            {
                "sequential": ("#18202b", "#1d466a", "#23789a", "#3fae9f", "#9dd891", "#f4f4bf"),
                "diverging": (
                    "#f8e3b0",
                    "#f0b13f",
                    "#b77610",
                    "#6a4316",
                    "#1c222c",
                    "#244d82",
                    "#4387db",
                    "#8ec3f9",
                    "#cde9ff",
                ),
            },
        ),
    }
)

ROLES: tuple[str, ...] = tuple(THEMES["light"].roles)
MAPS: tuple[str, ...] = tuple(THEMES["light"].maps)
SERIES: tuple[str, ...] = tuple(role for role in ROLES if role.startswith("series-"))


def theme(name: str) -> Theme:
    """Return the theme of a name.

    Raises:
        MlaError: There is no such theme.
    """
    try:
        return THEMES[name]
    except (KeyError, TypeError):
        raise MlaError(f"There is no theme {name!r}.{did_you_mean(str(name), THEMES)}") from None


def series(index: int) -> str:
    """Return the role of the series at an index from 0; after the eighth they begin anew."""
    return SERIES[index % len(SERIES)]


@lru_cache(maxsize=65536)
def resolve(colour: Colour, theme_name: str = "light") -> Rgba:
    """Return a colour as red, green, blue and alpha, 0..255 each.

    A `Mapped` takes the nearest of the map's 256 colours; outside 0..1 its end, and "faint" where it is not a number.

    Args:
        colour: A role, "#rrggbb", "#rrggbbaa", `Mapped` or `InkOn`.
        theme_name: "light" or "dark".

    Raises:
        MlaError: There is no such role, map or theme.
    """
    if isinstance(colour, str):
        if colour.startswith("#"):
            return _literal(colour)
        roles = theme(theme_name).roles
        if colour not in roles:
            raise MlaError(
                f'There is no colour {colour!r}; a literal is written "#rrggbb".{did_you_mean(colour, roles)}'
            )
        return _literal(roles[colour])
    if isinstance(colour, Mapped):
        table = lut(colour.map, theme_name)
        if math.isnan(colour.at):
            return resolve("faint", theme_name)
        red, green, blue = table[int(min(1.0, max(0.0, colour.at)) * 255 + 0.5)].tolist()
        return red, green, blue, 255
    if isinstance(colour, InkOn):  # pyright: ignore[reportUnnecessaryIsInstance]
        under = resolve(colour.colour, theme_name)
        return max(_literal(BLACK), _literal(WHITE), key=lambda ink: contrast(ink, under))
    raise MlaError(f'A colour is a role, "#rrggbb", Mapped or InkOn, not {type(colour).__name__}.')


@cache
def lut(name: str, theme_name: str = "light") -> NDArray[np.uint8]:
    """Return a colour map as a table: byte b of a picture has the colour at row b.

    Args:
        name: "sequential" (from the ground up), "diverging" (the middle near the ground), "grey" (black to white), "heat"
            (black to white through red and yellow) or "cyclic" (its end is its beginning, for angles).
        theme_name: "light" or "dark".

    Returns:
        uint8 (256, 3), red, green and blue; not to be written to.

    Raises:
        MlaError: There is no such map or theme.
    """
    maps = theme(theme_name).maps
    if name not in maps:
        raise MlaError(f"There is no colour map {name!r}.{did_you_mean(name, maps)}")
    stops = oklab(np.array([_literal(stop)[:3] for stop in maps[name]], dtype=np.float64))
    places = np.linspace(0, 1, len(stops))
    at = np.linspace(0, 1, 256)
    mixed = np.stack([np.interp(at, places, stops[:, channel]) for channel in range(3)], axis=1)
    table = from_oklab(mixed)
    table.setflags(write=False)
    return table


def contrast(first: Rgba, second: Rgba) -> float:
    """Return the contrast of two opaque colours after WCAG 2.2: 1 (none) to 21 (black on white)."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: NDArray[np.floating] | NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return sRGB colours, 0..255, shape (..., 3), in OKLab: lightness 0..1, a, b."""
    share = np.asarray(rgb, dtype=np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T


def from_oklab(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return OKLab colours as sRGB, 0..255; what sRGB cannot show is cut off."""
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0, 1)
    share = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(share * 255).astype(np.uint8)


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@lru_cache(maxsize=1024)
def _literal(colour: str) -> Rgba:
    """Read "#rrggbb" or "#rrggbbaa"."""
    if not re.fullmatch(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})", colour):
        raise MlaError(f'The colour {colour!r} is not written "#rrggbb" or "#rrggbbaa".')
    red, green, blue, *alpha = bytes.fromhex(colour[1:])
    return red, green, blue, alpha[0] if alpha else 255


def _luminance(colour: Rgba) -> float:
    """Return the relative luminance of a colour, 0..1 (WCAG 2.2)."""
    shares = [part / 255 for part in colour[:3]]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
