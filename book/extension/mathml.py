"""Formulas as MathML, which browsers draw and read aloud by themselves: no script, no font, no network."""

from __future__ import annotations

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

__all__ = ["setup"]


def setup(app: Sphinx) -> None:
    """Register the renderer "mathml"."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    # A long formula is moved from side to side in a box of its own: the page stays as wide as the screen.
    formula = convert(node.astext(), display="block")
    writer.body.append(f'<div class="mla-math" tabindex="0" role="group" aria-label="Formula">{formula}</div>\n')
    raise nodes.SkipNode
