"""Each chapter as a notebook to download: it installs what it needs, runs from top to bottom, and has its outputs as pictures."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image
from sphinx.application import Sphinx

__all__ = ["notebook", "on_github", "repository", "setup"]

FOLDER = "notebooks"
INSTALL = '%pip install -q "mlanimated[all]"'


def setup(app: Sphinx) -> None:
    """Register what is done at each page and at the end."""
    app.connect("html-page-context", _offer)
    app.connect("build-finished", _write)


def _offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the links to a chapter's notebook below its title."""
    del app, template, doctree
    if not page.startswith("chapters/") or "body" not in context:
        return
    name = f"{page.partition('/')[2]}.ipynb"
    links = [f'<a href="{context["content_root"]}{FOLDER}/{name}" download>Download this chapter as a notebook</a>']
    if repository():
        colab = f"https://colab.research.google.com/github/{repository()}/blob/notebooks/{name}"
        links.append(f'<a href="{colab}">Open it in Colab</a>')
    context["body"] = context["body"].replace("</h1>", f'</h1><p class="mla-chapter">{" ".join(links)}</p>', 1)


@lru_cache(maxsize=1)
def repository() -> str:
    """Return where the notebooks are published, as "owner/name": MLA_REPOSITORY, else where this clone comes from; or "".

    Colab opens them from GitHub alone, from the branch `notebooks`.
    """
    named = os.environ.get("MLA_REPOSITORY")
    git = shutil.which("git")
    if named is not None or git is None:
        return named or ""
    asked = [git, "-C", str(Path(__file__).parent), "remote", "get-url", "origin"]
    return on_github(subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip())


def on_github(address: str) -> str:
    """Return "owner/name" of a repository's address; "" for one that does not lie on GitHub."""
    found = re.fullmatch(r"(?:https://|ssh://git@|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?", address)
    return found[1] if found else ""


def _write(app: Sphinx, error: Exception | None) -> None:
    """Write the notebooks beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    goal = Path(app.outdir) / FOLDER
    goal.mkdir(exist_ok=True)
    for path in sorted((Path(app.outdir).parent / "jupyter_execute" / "chapters").glob("*.ipynb")):
        ran = nbformat.read(path, as_version=4)
        nbformat.write(notebook(ran, Path(os.environ["MLA_BOOK_FILMS"])), goal / path.name)


def notebook(ran: nbformat.NotebookNode, films: Path) -> nbformat.NotebookNode:
    """Return a notebook that stands alone, of one that ran while the book was built.

    Args:
        ran: The notebook with its outputs.
        films: Where the films' pictures lie.
    """
    install = nbformat.v4.new_code_cell(INSTALL, id="install")
    cells = [install]
    for cell in ran.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\((?:\.\./chapters/)?([\w-]+)\.md(#[\w-]*)?\)", r"](\1.ipynb)", cell.source)
            cell.source = re.sub(
                r"\[([^]]+)\]\([^)\s]+\.md(?:#[\w-]*)?\)", r"\1", cell.source
            )  # a page that is no notebook
        else:
            cell.outputs = [_alone(output, films) for output in cell.get("outputs", [])]
            cell.metadata.pop("execution", None)
        cells.append(cell)
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _alone(output: nbformat.NotebookNode, films: Path) -> nbformat.NotebookNode:
    """Return an output that needs no page around it: a film as its last picture and its words."""
    html = output.get("data", {}).get("text/html", "")
    if "mla-figure" in html:
        output.data.pop("text/html")
        match = re.search(r'data-film="([^"]+)"', html)
        if match:
            stream = BytesIO()
            Image.open(films / match[1] / "end.webp").convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(
                stream, "PNG", optimize=True
            )
            output.data["image/png"] = base64.b64encode(stream.getvalue()).decode("ascii")
    return output
