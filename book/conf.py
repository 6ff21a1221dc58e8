"""Sphinx builds the book with this: chapters are notebooks that run while it is built, and what is only a warning elsewhere stops it.

scripts/book sets what differs from build to build: MLA_BOOK_QUICK=1 for quick arguments, MLA_BOOK_ONLY="02 03" for some chapters.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import mlanimated

HERE = Path(__file__).parent
BUILD = Path(os.environ.setdefault("MLA_BOOK_BUILD", str(HERE.parent / "build" / "book")))
os.environ.setdefault("MLA_BOOK_CACHE", str(BUILD / "cache"))
os.environ.setdefault("MLA_BOOK_FILMS", str(BUILD / "films"))
sys.path.insert(0, str(HERE))

project = "Machine Learning, Animated"
author = "The mlanimated authors"
copyright = "The mlanimated authors, MIT licence"  # noqa: A001
release = mlanimated.__version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "extension"]
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type"]

only = os.environ.get("MLA_BOOK_ONLY", "").split()
exclude_patterns = ["README.md", "**/_*"]
if only:
    known = [
        path.relative_to(HERE)
        for folder in ("chapters", "teachers", "reference")
        for path in HERE.glob(f"{folder}/*.md")
    ]
    exclude_patterns += [str(path) for path in known if not any(path.stem.startswith(each) for each in only)]
    suppress_warnings += ["myst.xref_missing", "toc.excluded", "toc.not_readable", "toc.empty_glob"]

nb_execution_mode = "force"
nb_execution_timeout = 1800
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_custom_formats = {}
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_use_ivar = True

templates_path = ["templates"]
html_theme = "furo"
html_title = project
html_static_path = ["static", str(BUILD / "static")]
html_css_files = ["book.css"]
html_js_files = [("player.js", {"defer": "defer"}), ("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_favicon = "static/icon.svg"
html_theme_options = {
    "sidebar_hide_name": False,
    "navigation_with_keys": False,  # the arrow keys belong to the films
    "light_css_variables": {
        "color-brand-primary": "#a93706",
        "color-brand-content": "#a93706",
        "color-brand-visited": "#7a3b6b",
        "color-background-primary": "#fbfaf7",
        "color-background-secondary": "#f5f3ee",
        "color-foreground-primary": "#1c2430",
        "color-foreground-muted": "#5a636f",
        "font-stack": "Roboto, system-ui, sans-serif",
    },
    "dark_css_variables": {
        "color-background-primary": "#11161d",
        "color-background-secondary": "#161c25",
        "color-brand-primary": "#ff9d66",
        "color-brand-content": "#ff9d66",
        "color-brand-visited": "#d6a5cc",
    },
}
pygments_style = "default"
pygments_dark_style = "github-dark"
