"""Formulas as MathML, which browsers draw and read aloud by themselves: no script, no network.

They bring their own font, a part of STIX Two Math: how large a root, a brace or an index has to be stands in a table of such a font, and
many a system has none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

__all__ = ["CHARACTERS", "font", "formula", "setup"]

CHARACTERS = (
    "".join(map(chr, range(0x20, 0x7F)))
    + "".join(map(chr, range(0x391, 0x3F7)))
    + "".join(map(chr, range(0x1D434, 0x1D468)))  # italic Latin
    + "".join(map(chr, range(0x1D6E2, 0x1D71C)))  # italic Greek
    + "".join(map(chr, range(0x1D538, 0x1D552)))  # letters with a double stroke
    + "".join(map(chr, range(0x1D49C, 0x1D4B6)))  # script capitals
    + "\u210e\u2115\u211a\u211d\u2124\u2130\u2131\u2112\u2133"
    + "±×·÷−∓∗∘∙⋅⋯…′″←→↔⇐⇒↦∀∂∃∅∇∈∉∏∑√∝∞∥∣‖∧∨∩∪∫∼≈≠≡≤≥≪≫⊂⊆⊕⊗⊙⊤⌈⌉⌊⌋⟨⟩⏞⏟⎵"
    + "\u00af\u02c6\u02dc\u0302\u0303\u0304\u0305\u0307\u20d7^~"
)
"""What formulas may be made of. `tests/lessons/test_formulas.py` holds the chapters to it."""

_BEFORE_LETTERS = re.compile(
    r"(\\(?:arg\\max|arg\\min|exp|log|ln|sin|cos|tanh)(?:_\{[^{}]*\}|_\w)?)\s*(?=[A-Za-z]|\\[A-Za-z])(?!\\(?:big|Big|left|lim))"
)
"""A function's name before letters, which TeX parts by a thin space and MathML does not; max and min it knows as operators."""


def setup(app: Sphinx) -> None:
    """Register the renderer "mathml"."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def formula(text: str, display: str = "inline") -> str:
    """Return a formula of TeX's as MathML."""
    spaced = _BEFORE_LETTERS.sub(r"\1\\,", text)
    for name in ("max", "min"):
        spaced = spaced.replace(f"\\arg\\{name}", f"\\mathrm{{arg\\,{name}}}")  # which the converter does not know
    drawn = convert(spaced, display=display)
    # Bars about a norm are as high as letters; the converter says so of brackets alone.
    return re.sub(r"<mo>(&#x0?2016;|&#x0?2225;)</mo>", r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', drawn)


@lru_cache(maxsize=1)
def font() -> bytes:
    """Return the font of formulas as a WOFF2 file: its characters, and all that they grow into."""
    tools: Any = import_module("fontTools.subset")
    library: Any = import_module("fontTools.ttLib")
    options = tools.Options(
        layout_features=["ssty", "dtls"], hinting=False, glyph_names=False, name_IDs=[0, 13, 14], recalc_timestamp=False
    )
    package = find_spec("ziamath")  # found and not imported: its font is all that is wanted
    assert package is not None
    assert package.origin is not None
    stream = BytesIO()
    with library.TTFont(
        Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf", recalcTimestamp=False
    ) as whole:
        chooser = tools.Subsetter(options)
        chooser.populate(text=CHARACTERS)
        chooser.subset(whole)
        whole.flavor = "woff2"
        whole.save(stream)
    return stream.getvalue()


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(formula(node.astext()))
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    # A long formula is moved from side to side in a box of its own: the page stays as wide as the screen.
    drawn = formula(node.astext(), "block")
    writer.body.append(f'<div class="mla-math" tabindex="0" role="group" aria-label="Formula">{drawn}</div>\n')
    raise nodes.SkipNode
