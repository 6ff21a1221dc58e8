"""Live: a training in the notebook in which it runs, while it runs; afterwards its film stands there.

    recorder = mla.Recorder("runs/mine.mla")
    mla.live(recorder)                     # as the last line of a cell; display(mla.live(recorder)) anywhere else

A kernel that is busy in a cell sends but does not listen. So frames are drawn by a thread and pushed: the newest of everything is
state of an `anywidget`, never a queue, and drawing takes at most a tenth of the time, so that the training has the rest. What a
viewer asks for (another step, a pause, another value) is answered as soon as the kernel listens: at once where the training runs
in a thread or in another process, after the cell where it runs in one. When the recording ends, the widget's place is taken by the
film in its player, as any other film in a notebook: it needs no kernel and is saved with the notebook.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import importlib
import os
import threading
import time
import weakref
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, cast, final

from mlanimated.errors import MissingExtra, MlaError
from mlanimated.projector.film import Film
from mlanimated.projector.notebook import html, widget_class
from mlanimated.render.html import dress
from mlanimated.render.pack import compress
from mlanimated.studio.drawing import Stage
from mlanimated.studio.panels import picture
from mlanimated.studio.scenes import scene_for
from mlanimated.trace import Recorder, Remote, RemoteControl, Trace
from mlanimated.views.moment import Moment
from mlanimated.views.scene import Panel

__all__ = ["Live", "live", "rest"]

WIDTH, HEIGHT = 960, 540
"""In scene units: about as wide as a notebook's column, so that letters have their size."""

QUICKEST = 0.05
"""Seconds between two frames at the least."""
SHARE = 0.1
"""The part of the time that is spent on drawing at the most."""
BYTES = 400_000
"""Bytes a second that are sent on the average at the most: a kernel may be far away, and does not hear who is slow."""


def live(what: Recorder | str | os.PathLike[str] | Any, scene: Panel | None = None) -> Live:
    """Show a training in a notebook while it is recorded: the last line of a cell, or `display(mla.live(recorder))`.

        recorder = mla.Recorder("runs/mine.mla")
        mla.live(recorder)

    It is drawn by a thread, which takes a tenth of the time at the most. When the recording ends, its film takes the place of the
    live view, and is saved with the notebook. It needs the extra `notebook`; without it the notebook shows the film alone.

    Args:
        what: A Recorder, something that has one as `recorder` (what `mla.init` and `mla.record.torch.watch` return), or the path of
            a trace, which another process may write and which need not be there yet.
        scene: What is shown: a view or a scene of your own. None: laid out from what the recording holds.

    Returns:
        The live view. Asked for again, it is the same one.

    Raises:
        MlaError: It is none of these.
    """
    recorder = what if isinstance(what, Recorder) else getattr(what, "recorder", None)
    if isinstance(recorder, Recorder):
        source: Recorder | Path = recorder
    elif isinstance(what, (str, os.PathLike)):
        source = Path(cast("str | os.PathLike[str]", what))
    else:
        raise MlaError(f"A live view is of a Recorder, or of the path of a trace, not of {type(what).__name__}.")
    key = (id(source) if isinstance(source, Recorder) else str(source.absolute()), id(scene) if scene else 0)
    found = _lives.get(key)
    if found is None or found.closed:
        found = _lives[key] = Live(source, scene)
    return found


@final
class Live:
    """A training, followed. Made by `live`.

    Args:
        source: A recorder of this process, or the path of a trace.
        scene: What is shown; None: laid out from what the recording holds.

    Attributes:
        frames: How many frames were drawn so far.
    """

    def __init__(self, source: Recorder | Path, scene: Panel | None) -> None:
        self.frames = self._heard = 0
        self._source, self._scene = source, scene
        self._trace: Trace | None = None
        self._widget: Any = None
        self._handles: list[Any] = []
        self._wake = threading.Event()
        self._lock = threading.RLock()
        self._over = self._kept = False
        self._at: float | None = None
        self._stage = Stage()
        self._laid: tuple[object, Panel] | None = None
        self._seen: object = None
        self._thread: threading.Thread | None = None

    @property
    def closed(self) -> bool:
        """Whether it follows no more."""
        return self._over

    @property
    def widget(self) -> Any:
        """The anywidget, to be put among other widgets. It stays; the film takes the place only of what was shown by itself.

        Raises:
            MissingExtra: anywidget is not installed.
        """
        kind = widget_class()
        if kind is None:
            raise MissingExtra("A live view", "notebook")
        if self._widget is None:
            self._widget = kind(dress=dress())
            self._widget.on_msg(self._hear)
        self._begin()
        return self._widget

    def close(self) -> None:
        """Follow no more, and leave the film of what was recorded in the notebook. Done by itself when the recording ends.

        A notebook that is executed without a person ends with this, so that the film is there before the kernel goes.
        """
        thread = self._end()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        if not self._kept:
            with self._lock, contextlib.suppress(MlaError):
                self._look()
            self._keep()

    def _end(self) -> threading.Thread | None:
        """Have the thread end, and return it."""
        self._over = True
        self._wake.set()
        return self._thread

    def __repr__(self) -> str:
        trace = self._trace
        if trace is None or not trace.names:
            return f"Live({self._name!r}, nothing recorded yet)"
        return f"Live({self._name!r}, {trace.status}, step {trace.last_step})"

    def _ipython_display_(self) -> None:
        """Show it; called by IPython."""
        shell: Any = importlib.import_module("IPython.display")
        bundle = self._bundle()
        handle = shell.display(bundle, raw=True, display_id=True)
        with self._lock:
            if not self._kept:
                self._handles.append(handle)
            elif "application/vnd.jupyter.widget-view+json" in bundle:  # it ended while this was shown
                handle.update(self._film(), raw=True)
        self._begin()

    # What is shown.

    @property
    def _name(self) -> str:
        source = self._source
        if isinstance(source, Path):
            return (self._trace.about.name if self._trace is not None else "") or source.stem
        return source.about.name or (source.path.stem if source.path is not None else "Training")

    def _bundle(self) -> dict[str, Any]:
        """Return what stands in the cell now."""
        if self._thread is None and not self._over:
            with self._lock, contextlib.suppress(MlaError):
                trace = self._read()
                self._over = self._kept = trace is not None and trace.finished
        if self._over:
            return self._film()
        if widget_class() is None:
            film = self._film()
            line = escape(str(MissingExtra("To watch it while it trains, this notebook", "notebook")))
            return {**film, "text/html": f"{film['text/html']}<p>{line}</p>"}
        bundle: Any = self.widget._repr_mimebundle_()
        return {**(bundle[0] if isinstance(bundle, tuple) else bundle), "text/plain": repr(self)}

    def _film(self) -> dict[str, Any]:
        """Return the film of what was recorded so far, as a notebook keeps it."""
        try:
            trace = self._trace
            if trace is None or not trace.names:
                raise MlaError(f"{self._name}: nothing was recorded yet.")
            reel = Film(self._scene or scene_for(trace), trace, title=self._name).reel
            told = html(dataclasses.replace(reel, poster=reel.seconds))  # it stands as it ended
        except Exception as error:  # a view that fails costs the film, but not the thread
            told = f"<p>{escape(_said(error))}</p>"
        return {"text/html": told, "text/plain": repr(self)}

    def _keep(self) -> None:
        """Put the film in the place of the live view."""
        film = self._film() if self._handles else {}  # takes seconds: not under the lock, which questions wait for
        with self._lock:
            self._kept = self._over = True
            for handle in self._handles:
                handle.update(film or self._film(), raw=True)
            self._handles.clear()

    # Following.

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None and not self._over:
                self._thread = threading.Thread(target=self._follow, name="mla-live", daemon=True)
                _following.add(self)
                self._thread.start()

    def _follow(self) -> None:
        """Look again and again; the thread's work."""
        while True:
            self._wake.clear()  # before it is asked whether all is over: who ends it wakes it after saying so
            if self._over:
                break
            begun = time.perf_counter()
            size, ended = 0, False
            with self._lock:
                try:
                    size = self._look()
                    ended = self._trace is not None and self._trace.finished
                except Exception as error:  # whatever it is, the training goes on
                    self._tell(trouble=_said(error))
            if ended:
                if self._handles:
                    self._tell(status="finished; its film comes here in a moment")
                self._keep()
                break
            # The first one loads fonts and what it needs.
            self._wake.wait(rest(time.perf_counter() - begun if self.frames != 1 else 0.0, size))
        _following.discard(self)

    def _read(self) -> Trace | None:
        """Return the trace as it is now; None while there is none."""
        if self._trace is None:
            source = self._source
            if isinstance(source, Recorder) and source.path is None:
                self._trace = source.trace
            else:
                path = source if isinstance(source, Path) else cast("Path", source.path)
                if not path.exists():
                    return None
                self._trace = Trace.open(path)
        self._trace.refresh()
        return self._trace

    def _look(self) -> int:
        """Draw what is new and hand it to the widget; return how many bytes that were, 0 when nothing was new."""
        trace = self._read()
        if self._widget is None:
            return 0
        if trace is None or not (trace.names or trace.events):
            self._tell(status="waiting for the first row")
            return 0
        first, last = trace.first_step, trace.last_step
        at = None if self._at is None else float(min(max(self._at, first), last))
        moment = Moment({"": trace}, {"": float(last) if at is None else at})
        seen = (trace.version, trace.identity, at)
        frame = b""
        if seen != self._seen:
            scene = self._arranged(trace)
            self._stage.take(picture(scene, moment, WIDTH, HEIGHT), seen)
            frame = compress(self._stage.message(0))
            self.frames += 1
            self._seen = seen
        event = next((event for event in reversed(trace.events) if event.step <= moment.step()), None)
        self._tell(
            frame,
            status=trace.status,
            first=first,
            last=last,
            at=at,
            event=None if event is None else [event.step, event.name, event.text],
            steered=not trace.finished,
            controls=[[c.name, c.value, c.minimum, c.maximum] for c in self._controls().values()],
            words=self._words(moment) if frame else self._told.get("words", ""),
        )
        return len(frame)

    def _arranged(self, trace: Trace) -> Panel:
        """Return the scene; laid out anew only when there are other series, or twice as many rows, so that it stands still."""
        if self._scene is not None:
            return self._scene
        infos = [trace.info(name) for name in trace.names]
        key = [(info.name, info.kind, info.shape, info.rows.bit_length()) for info in infos]
        if self._laid is None or self._laid[0] != key:
            self._laid = (key, scene_for(trace))
        return self._laid[1]

    def _words(self, moment: Moment) -> str:
        """Return in words what is shown, for who does not see it."""
        scene = self._scene or cast("tuple[object, Panel]", self._laid)[1]
        try:
            return " ".join(said for view in scene.views() if (said := view.describe(moment)))
        except Exception:  # a view that fails says so in the picture
            return ""

    @property
    def _told(self) -> Mapping[str, Any]:
        return {} if self._widget is None else self._widget.state

    def _tell(self, frame: bytes = b"", **news: Any) -> None:
        """Hand news to the widget, as one message, if there are any."""
        if self._widget is None:
            return
        state = {**self._told, "trouble": "", "name": self._name, "heard": self._heard, **news}
        with self._widget.hold_sync():
            if frame:
                self._widget.frame = frame
            if state != self._told:
                self._widget.state = state

    # Being asked.

    def _remote(self) -> RemoteControl:
        """Return commands for the training.

        Raises:
            MlaError: It has ended.
        """
        source = self._source
        if isinstance(source, Path):
            return Remote(source)
        if self._trace is None or self._trace.finished:
            raise MlaError(f"The training of {self._name!r} has ended: nothing is left to steer.")
        return source.remote

    def _controls(self) -> Mapping[str, Any]:
        source = self._source
        if isinstance(source, Recorder):
            return source.remote.controls
        return {} if self._trace is None else self._trace.controls

    def _hear(self, _widget: object, content: object, _buffers: object) -> None:
        """Do what a viewer asks for; called in the kernel's main thread when it listens."""
        asked = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        trouble = ""
        try:
            self._obey(asked)
        except MlaError as error:
            trouble = str(error)
        with self._lock, contextlib.suppress(MlaError):
            self._heard = max(self._heard, int(asked.get("number", 0)))
            if self._over:  # no thread looks any more
                self._look()
            if trouble:
                self._tell(trouble=trouble)
        self._wake.set()

    def _obey(self, asked: Mapping[str, Any]) -> None:
        word = asked.get("do")
        if word == "seek":
            at = asked.get("at")
            self._at = None if at is None else float(at)
        elif word == "set":
            self._remote().set(str(asked.get("name")), float(asked.get("value", "nan")))
        elif word in ("pause", "play", "step"):
            getattr(self._remote(), word)()


def rest(spent: float, size: int) -> float:
    """Return how many seconds to wait until the next frame.

    Args:
        spent: Seconds that the last one took.
        size: Bytes that it has; 0 when there was nothing new.
    """
    return max(QUICKEST, spent / SHARE, size / BYTES) if size else QUICKEST


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, MlaError) else f"This cannot be shown ({type(error).__name__}: {error})."


_lives: weakref.WeakValueDictionary[object, Live] = weakref.WeakValueDictionary()
_following: set[Live] = set()


@atexit.register
def _leave() -> None:
    """Let no thread draw while the interpreter ends."""
    for each in list(_following):
        if thread := each._end():  # pyright: ignore[reportPrivateUsage]
            thread.join(2.0)  # seconds: a frame that is being drawn may take longer than anyone waits
