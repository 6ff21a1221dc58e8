"""The four vehicles among the doodles. Each function draws one in a shape of its own, facing right, within about ±0.9."""

from __future__ import annotations

from mlanimated.data.doodle_pen import Colour, Pen

__all__ = ["airplane", "automobile", "ship", "truck"]

TYRE: Colour = (0.09, 0.09, 0.1)


def airplane(pen: Pen, paint: Colour, second: Colour) -> None:
    """A long body, wings and a fin: from the side, or from above."""
    trim = second if pen.chance(0.5) else pen.shade(paint, 0.5, 0.8)
    long, thick = pen.between(0.62, 0.85), pen.between(0.09, 0.15)
    sweep = pen.between(0.05, 0.4)
    if pen.chance(0.5):
        span, chord = pen.between(0.5, 0.8), pen.between(0.18, 0.32)
        root = pen.between(-0.05, 0.2)
        for side in (-1, 1):
            pen.shape(
                (
                    (root + chord / 2, 0.0),
                    (root - chord / 2, 0.0),
                    (root - chord / 2 - sweep, side * span),
                    (root - sweep + chord * 0.1, side * span),
                ),
                trim,
            )
            pen.shape(((-long + 0.2, 0.0), (-long, 0.0), (-long - 0.05, side * 0.3), (-long + 0.06, side * 0.3)), trim)
        pen.oval(0.0, 0.0, long, thick, paint)
        pen.oval(long * 0.72, 0.0, 0.07, thick * 0.5, pen.shade(paint, 0.25, 0.5))
        return
    fin = pen.between(0.26, 0.42)
    pen.shape(((-long + 0.28, -0.02), (-long + 0.02, -fin), (-long - 0.1, -fin), (-long + 0.05, 0.0)), trim)
    far = pen.shade(trim, 0.6, 0.9)
    pen.shape(((0.18, 0.0), (-0.06, 0.0), (-0.12 - sweep, -pen.between(0.25, 0.45)), (-sweep, -0.3)), far)
    pen.oval(0.0, 0.0, long, thick, paint)
    pen.shape(((-long + 0.02, 0.02), (-long + 0.25, 0.02), (-long - 0.02, 0.14)), trim)
    pen.shape(((0.22, 0.02), (-0.1, 0.02), (-0.2 - sweep, pen.between(0.32, 0.6)), (-0.02 - sweep, 0.36)), trim)
    glass = pen.shade(paint, 0.2, 0.5)
    if pen.chance(0.7):
        for index in range(5):
            pen.oval(-0.35 + 0.17 * index, -thick * 0.3, 0.035, 0.035, glass)
    pen.oval(long * 0.8, -thick * 0.25, 0.07, 0.05, glass)


def _wheel(pen: Pen, x: float, y: float, radius: float, hub: Colour) -> None:
    pen.oval(x, y, radius, radius, TYRE)
    pen.oval(x, y, radius * 0.5, radius * 0.5, hub)


def automobile(pen: Pen, paint: Colour, second: Colour) -> None:
    """A low body with a cabin in the middle, two wheels; now and then from the front."""
    glass = second if pen.chance(0.3) else pen.shade(paint, 0.2, 0.55)
    hub = pen.shade(paint, 0.8, 1.8)
    if pen.chance(0.2):
        wide, high = pen.between(0.5, 0.62), pen.between(0.22, 0.32)
        for side in (-1, 1):
            pen.box(side * wide * 0.8 - 0.12, 0.2, side * wide * 0.8 + 0.12, 0.52, TYRE, 0.05)
        pen.shape(
            ((-wide * 0.85, 0.0), (-wide * 0.6, -high * 1.4), (wide * 0.6, -high * 1.4), (wide * 0.85, 0.0)), paint
        )
        pen.shape(
            ((-wide * 0.66, -0.03), (-wide * 0.5, -high * 1.2), (wide * 0.5, -high * 1.2), (wide * 0.66, -0.03)), glass
        )
        pen.box(-wide, -0.02, wide, high + 0.1, paint, 0.1)
        for side in (-1, 1):
            pen.oval(side * wide * 0.72, 0.12, 0.09, 0.07, pen.shade(paint, 1.5, 2.2))
        return
    long, high = pen.between(0.66, 0.86), pen.between(0.18, 0.27)
    roof = pen.between(0.22, 0.36)
    back, front = pen.between(-0.6, -0.3), pen.between(0.15, 0.4)
    lean = pen.between(0.08, 0.26)
    pen.shape(((back - lean * 0.6, 0.03), (back, -roof), (front, -roof), (front + lean, 0.03)), paint)
    pen.shape(
        (
            (back - lean * 0.2, 0.0),
            (back + 0.06, -roof + 0.07),
            (front - 0.04, -roof + 0.07),
            (front + lean * 0.65, 0.0),
        ),
        glass,
    )
    post = (back + front) / 2
    pen.line(((post, -roof), (post, 0.02)), 0.05, paint)
    pen.box(-long, -0.02, long, high + 0.04, paint, 0.09)
    radius = pen.between(0.14, 0.2)
    for x in (-long * pen.between(0.52, 0.66), long * pen.between(0.5, 0.66)):
        _wheel(pen, x, high + 0.04, radius, hub)


def truck(pen: Pen, paint: Colour, second: Colour) -> None:
    """A cab in front of a tall box, an open bed, or a tank; wheels at the front and at the back."""
    load = second if pen.chance(0.7) else pen.shade(paint, 0.5, 0.9)
    glass, hub = pen.shade(paint, 0.2, 0.5), pen.shade(load, 0.8, 1.8)
    long = pen.between(0.68, 0.86)
    cab, gap = pen.between(0.36, 0.5), pen.between(0.0, 0.07)
    floor = pen.between(0.22, 0.3)
    tall = pen.between(0.32, 0.52)
    rear = long - cab - gap
    kind = pen.pick(4)
    if kind < 2:
        pen.box(-long, floor - pen.between(0.62, 0.85), rear, floor, load, 0.03)
    elif kind == 2:
        pen.box(-long, floor - pen.between(0.2, 0.3), rear, floor, load, 0.02)
        if pen.chance(0.5):
            pen.shape(
                ((-long + 0.1, floor - 0.2), (-long * 0.4, floor - 0.55), (rear - 0.06, floor - 0.2)),
                pen.shade(load, 0.4, 0.8),
            )
    else:
        middle = (rear - long) / 2
        pen.oval(middle, floor - 0.26, rear - middle, 0.25, load)
    pen.box(-long, floor - 0.04, long, floor + 0.07, pen.shade(paint, 0.3, 0.6))
    nose = pen.between(0.0, 0.16)
    top = floor - tall
    left = long - cab
    pen.shape(
        (
            (left, floor),
            (left, top),
            (long - nose - 0.08, top),
            (long - nose, floor - tall * 0.45),
            (long, floor - tall * 0.45 + nose),
            (long, floor),
        ),
        paint,
    )
    pen.shape(
        (
            (left + 0.1, floor - tall * 0.5),
            (left + 0.1, top + 0.08),
            (long - nose - 0.12, top + 0.08),
            (long - nose - 0.06, floor - tall * 0.5),
        ),
        glass,
    )
    radius = pen.between(0.13, 0.18)
    at = floor + 0.1
    wheels = [-long * 0.72, long * 0.68]
    if pen.chance(0.6):
        wheels.append(-long * 0.72 + radius * 2.1)
    for x in wheels:
        _wheel(pen, x, at, radius, hub)


def ship(pen: Pen, paint: Colour, second: Colour) -> None:
    """A hull that is narrower below, and on it a deck house with a funnel, or a mast with sails."""
    trim = second if pen.chance(0.6) else pen.shade(paint, 1.2, 1.8)
    long, deep = pen.between(0.62, 0.86), pen.between(0.2, 0.32)
    deck = pen.between(0.08, 0.22)
    bow, stern = pen.between(0.12, 0.34), pen.between(0.02, 0.16)
    if pen.chance(0.42):
        mast, at = pen.between(0.7, 0.95), pen.between(-0.12, 0.14)
        pen.line(((at, deck), (at, deck - mast)), 0.05, pen.shade(paint, 0.3, 0.7))
        boom = pen.between(0.4, 0.6)
        pen.shape(((at - 0.03, deck - mast + 0.04), (at - 0.03, deck - 0.08), (at - boom, deck - 0.08)), trim)
        if pen.chance(0.75):
            pen.shape(
                ((at + 0.04, deck - mast + 0.12), (at + 0.04, deck - 0.1), (at + pen.between(0.32, 0.52), deck - 0.06)),
                pen.shade(trim, 0.7, 1.1),
            )
    else:
        back, front = -long * pen.between(0.5, 0.75), long * pen.between(0.1, 0.45)
        high = pen.between(0.14, 0.24)
        pen.box(back, deck - high, front, deck + 0.02, trim)
        inner = (front - back) * 0.2
        pen.box(
            back + inner,
            deck - high * 1.8,
            front - inner * pen.between(0.6, 1.6),
            deck - high,
            pen.shade(trim, 0.75, 0.95),
        )
        x = back + (front - back) * pen.between(0.3, 0.6)
        pen.box(
            x - 0.07,
            deck - high * 1.8 - pen.between(0.14, 0.3),
            x + 0.07,
            deck - high * 1.7,
            pen.shade(paint, 0.5, 1.2),
        )
        glass = pen.shade(trim, 0.25, 0.5)
        for index in range(4):
            pen.oval(back + inner * 0.6 + index * inner, deck - high * 0.5, 0.035, 0.035, glass)
    pen.shape(
        ((-long, deck), (long, deck - pen.between(0.0, 0.1)), (long - bow, deck + deep), (-long + stern, deck + deep)),
        paint,
    )
    if pen.chance(0.5):
        pen.line(
            ((-long + stern, deck + deep * 0.75), (long - bow * 0.8, deck + deep * 0.75)),
            0.06,
            pen.shade(trim, 0.5, 1.2),
        )
    if pen.chance(0.4):
        wave = pen.colour()
        y = deck + deep
        pen.line(tuple((-0.95 + 0.24 * index, y + (0.04 if index % 2 else -0.04)) for index in range(9)), 0.06, wave)
