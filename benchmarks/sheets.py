"""Contact sheets of films, six moments each, small enough for a repository: docs/sheets/NAME.png, and what each took.

    python benchmarks/sheets.py decision-boundary trees         # light; --dark, --mp4 to measure the whole way to a file

Processor seconds are those of this process from its start of the film, training and drawing, and with --mp4 the encoding too.
"""

import argparse
import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from mlanimated.recipes import find

MOST = 150_000
"""Bytes that a sheet may take."""
FOLDER = Path(__file__).parents[1] / "docs" / "sheets"


def small(path: Path) -> bytes:
    """Return a picture at 960 units wide with as many colours as fit into `MOST` bytes."""
    with Image.open(path) as picture:
        shrunk = picture.convert("RGB")
    shrunk = shrunk.resize((960, round(shrunk.height * 960 / shrunk.width)), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64, 32, 16):
        packed = io.BytesIO()
        shrunk.quantize(colours, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if packed.tell() <= MOST:
            return packed.getvalue()
    raise SystemExit(f"{path.stem} does not fit into {MOST} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="+")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--mp4", action="store_true")
    options = parser.parse_args()
    for name in options.films:
        began = time.process_time()
        film = find(name).make()
        trained = time.process_time() - began
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / f"{name}.png"
            last = film.seconds - 1e-3
            shares = (0.0, 0.25, 0.45, 0.65, 0.85, 1.0)
            film.save(
                whole, theme="dark" if options.dark else "light", at=[last * share for share in shares], columns=3
            )
            content = small(whole)
            told = f"{name:24} trained in {trained:.1f} CPU-s"
            if options.mp4:
                began = time.process_time()
                film.save(Path(folder) / f"{name}.mp4")
                told += f", MP4 {time.process_time() - began:.1f} CPU-s for {film.seconds:.0f} s of film"
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}{'-dark' if options.dark else ''}.png").write_bytes(content)
        print(told, f"sheet {len(content) / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
