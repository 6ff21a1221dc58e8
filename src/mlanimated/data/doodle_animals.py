"""The six animals among the doodles. Each function draws one in a pose of its own, facing right, within about ±0.9."""

from __future__ import annotations

from dataclasses import dataclass

from mlanimated.data.doodle_pen import Colour, Pen, Point, polar

__all__ = ["bird", "cat", "deer", "dog", "frog", "horse"]

DARK: Colour = (0.08, 0.07, 0.09)


@dataclass(frozen=True)
class _Frame:
    """The body that horse, deer, dog and cat share; what tells them apart is added at these places.

    Attributes:
        head: Middle of the head.
        facing: Degrees in which the muzzle points, 0 to the right, 90 down.
        neck: Where the neck begins at the back.
        rump: Where the tail begins.
        size: Half the head's length.
    """

    head: Point
    facing: float
    neck: Point
    rump: Point
    size: float


def _four_legs(
    pen: Pen,
    colour: Colour,
    *,
    length: tuple[float, float],
    depth: tuple[float, float],
    legs: tuple[float, float],
    thick: tuple[float, float],
    neck: tuple[float, float],
    rise: tuple[float, float],
    head: tuple[float, float],
    muzzle: tuple[float, float],
) -> _Frame:
    """Draw four legs, a trunk, a neck and a head, each within a range of sizes.

    Args:
        pen: Draws.
        colour: Of the coat.
        length: Half of the trunk's length.
        depth: Half of its height.
        legs: Length of a leg.
        thick: Width of a leg.
        neck: Length of the neck.
        rise: Degrees in which the neck goes, -90 straight up.
        head: Half of the head's length.
        muzzle: Half of the head's height, in parts of that.
    """
    half, deep = pen.between(*length), pen.between(*depth)
    leg, width = pen.between(*legs), pen.between(*thick)
    top = -0.12 - 0.5 * (leg - 0.45)
    far = pen.shade(colour, 0.5, 0.8)
    stride = pen.between(0.0, 0.32)
    for x, way, coat in ((-0.78, -1, far), (0.72, 1, far), (-0.62, 1, colour), (0.6, -1, colour)):
        hip = (x * half, top + deep * 0.5)
        swing = way * stride * leg + pen.between(-0.05, 0.05)
        knee = (hip[0] + swing * pen.between(0.1, 0.8), hip[1] + leg * 0.5)
        pen.line((hip, knee, (hip[0] + swing, hip[1] + leg)), width, coat)
    tilt = pen.between(-6, 6)
    pen.oval(0.0, top, half * 1.05, deep, colour, tilt)
    pen.oval(-half * 0.6, top - 0.02, half * 0.42, deep * 1.05, colour)
    shoulder = (half * 0.72, top - deep * 0.2)
    going = pen.between(*rise)
    end = polar(*shoulder, pen.between(*neck), going)
    pen.line((shoulder, end), deep * pen.between(0.85, 1.15), colour)
    size = pen.between(*head)
    facing = pen.between(5, 50) if going < 0 else pen.between(50, 95)
    middle = polar(*end, size * 0.6, facing)
    pen.oval(*middle, size, size * pen.between(*muzzle), colour, facing)
    eye = polar(*middle, size * 0.25, facing - 75)
    pen.oval(*eye, 0.035, 0.035, DARK)
    return _Frame(
        middle, facing, (shoulder[0] - deep * 0.5, shoulder[1] - deep * 0.3), (-half * 0.98, top - deep * 0.4), size
    )


def _ears(pen: Pen, frame: _Frame, colour: Colour, length: float, width: float, spread: float) -> None:
    """Draw two pointed ears at the back of the head."""
    for side in (-1, 1):
        root = polar(*frame.head, frame.size * 0.75, frame.facing - 140 + side * 22)
        tip = polar(*root, length, frame.facing - 125 + side * spread)
        left, right = polar(*root, width, frame.facing - 30), polar(*root, width, frame.facing + 150)
        pen.shape((left, tip, right), colour)


def horse(pen: Pen, coat: Colour, second: Colour) -> None:
    """A long head, a mane down the neck, a tail that hangs."""
    grazing = pen.chance(0.2)
    frame = _four_legs(
        pen, coat, length=(0.4, 0.52), depth=(0.17, 0.24), legs=(0.46, 0.6), thick=(0.07, 0.12),
        neck=(0.34, 0.48), rise=(25, 50) if grazing else (-68, -38), head=(0.17, 0.22), muzzle=(0.4, 0.52),
    )  # fmt: skip
    hair = second if pen.chance(0.6) else pen.shade(coat, 0.25, 0.6)
    crest = polar(*frame.head, frame.size * 0.8, frame.facing - 150)
    bend = ((crest[0] + frame.neck[0]) / 2 - 0.05, (crest[1] + frame.neck[1]) / 2 - 0.06)
    pen.bow(crest, bend, frame.neck, pen.between(0.07, 0.13), hair)
    x, y = frame.rump
    sway = pen.between(0.05, 0.25)
    pen.bow(
        (x, y),
        (x - sway, y),
        (x - sway * pen.between(0.5, 1.3), y + pen.between(0.35, 0.58)),
        pen.between(0.07, 0.13),
        hair,
    )
    _ears(pen, frame, coat, 0.11, 0.04, 12)


def deer(pen: Pen, coat: Colour, second: Colour) -> None:
    """Thin legs, a slim neck held high, antlers or large ears, a tail that is only a tuft."""
    grazing = pen.chance(0.12)
    frame = _four_legs(
        pen, coat, length=(0.36, 0.48), depth=(0.15, 0.21), legs=(0.5, 0.64), thick=(0.05, 0.085),
        neck=(0.32, 0.46), rise=(25, 50) if grazing else (-80, -50), head=(0.13, 0.18), muzzle=(0.42, 0.56),
    )  # fmt: skip
    x, y = frame.rump
    pen.oval(x, y + 0.02, 0.06, 0.09, second if pen.chance(0.5) else pen.shade(coat, 1.2, 1.7), 20)
    if pen.chance(0.35):
        spot = pen.shade(coat, 1.3, 1.9)
        for _ in range(4):
            pen.oval(pen.between(-0.32, 0.22), frame.rump[1] + pen.between(0.0, 0.16), 0.03, 0.03, spot)
    if pen.chance(0.78):
        horn = second if pen.chance(0.4) else pen.shade(coat, 0.3, 0.6)
        width, length = pen.between(0.035, 0.06), pen.between(0.28, 0.44)
        for side in (-1, 1):
            root = polar(*frame.head, frame.size * 0.8, frame.facing - 125)
            lean = frame.facing - 110 + side * pen.between(18, 38)
            middle, tip = polar(*root, length * 0.5, lean), polar(*root, length, lean + side * 12)
            pen.line((root, middle, tip), width, horn)
            pen.line((middle, polar(*middle, length * 0.38, lean + 55)), width, horn)
            pen.line((polar(*root, length * 0.75, lean), polar(*middle, length * 0.6, lean - 40)), width * 0.9, horn)
        _ears(pen, frame, coat, 0.1, 0.04, 45)
    else:
        _ears(pen, frame, coat, 0.2, 0.055, 38)


def dog(pen: Pen, coat: Colour, second: Colour) -> None:
    """A snout, ears that hang or stand, a tail in the air."""
    if pen.chance(0.25):
        _face(pen, coat, second, hanging=True)
        return
    frame = _four_legs(
        pen, coat, length=(0.36, 0.54), depth=(0.16, 0.24), legs=(0.3, 0.46), thick=(0.08, 0.14),
        neck=(0.14, 0.28), rise=(-60, -25), head=(0.2, 0.27), muzzle=(0.48, 0.66),
    )  # fmt: skip
    nose = polar(*frame.head, frame.size * 1.0, frame.facing * 0.5)
    pen.oval(
        *polar(*frame.head, frame.size * 0.8, frame.facing * 0.5),
        frame.size * 0.5,
        frame.size * 0.28,
        coat,
        frame.facing * 0.5,
    )
    pen.oval(*nose, 0.05, 0.045, DARK)
    x, y = frame.rump
    lift = pen.between(0.15, 0.4)
    pen.bow((x + 0.04, y), (x - 0.25, y - 0.05), (x - pen.between(0.05, 0.3), y - lift), pen.between(0.06, 0.11), coat)
    if pen.chance(0.6):
        root = polar(*frame.head, frame.size * 0.6, frame.facing - 125)
        pen.oval(
            root[0] - 0.03, root[1] + 0.1, 0.07, 0.16, second if pen.chance(0.4) else pen.shade(coat, 0.4, 0.7), 15
        )
    else:
        _ears(pen, frame, pen.shade(coat, 0.5, 0.9), 0.16, 0.06, 15)


def cat(pen: Pen, coat: Colour, second: Colour) -> None:
    """A round head with two pointed ears, a long tail that curls; stripes now and then."""
    if pen.chance(0.35):
        _face(pen, coat, second, hanging=False)
        return
    frame = _four_legs(
        pen, coat, length=(0.36, 0.5), depth=(0.15, 0.22), legs=(0.26, 0.4), thick=(0.07, 0.12),
        neck=(0.1, 0.2), rise=(-60, -20), head=(0.19, 0.25), muzzle=(0.84, 1.0),
    )  # fmt: skip
    _ears(pen, frame, coat, 0.17, 0.08, 25)
    x, y = frame.rump
    curl = pen.between(-0.25, 0.2)
    pen.bow(
        (x + 0.05, y), (x - 0.4, y + 0.05), (x - 0.2 + curl, y - pen.between(0.35, 0.6)), pen.between(0.06, 0.1), coat
    )
    if pen.chance(0.45):
        for index in range(3):
            at = -0.25 + 0.18 * index
            pen.line(((at, y + 0.0), (at + 0.03, y + 0.17)), 0.05, second)


def _face(pen: Pen, coat: Colour, second: Colour, *, hanging: bool) -> None:
    """Draw a dog's or a cat's head from the front, shoulders below it."""
    wide, high = pen.between(0.42, 0.56), pen.between(0.4, 0.54)
    y = pen.between(-0.2, 0.0)
    pen.oval(0.0, y + high + 0.3, wide * 0.9, 0.45, pen.shade(coat, 0.6, 0.95))
    ear = second if pen.chance(0.4) else pen.shade(coat, 0.5, 0.9)
    for side in (-1, 1):
        if hanging:
            pen.oval(side * wide * 0.92, y + 0.05, 0.14, pen.between(0.28, 0.4), ear, -side * 12)
        else:
            x = side * wide * 0.62
            pen.shape(
                (
                    (x - 0.2, y - high * 0.6),
                    (x + side * 0.12, y - high - pen.between(0.2, 0.34)),
                    (x + 0.2, y - high * 0.6),
                ),
                ear,
            )
    pen.oval(0.0, y, wide, high, coat)
    light = pen.shade(coat, 1.2, 1.7)
    if hanging:
        pen.oval(0.0, y + high * 0.42, wide * 0.5, high * 0.45, light)
        pen.oval(0.0, y + high * 0.24, 0.13, 0.09, DARK)
    else:
        pen.shape(((-0.06, y + high * 0.25), (0.06, y + high * 0.25), (0.0, y + high * 0.4)), DARK)
        for side in (-1, 1):
            pen.line(
                ((side * 0.12, y + high * 0.4), (side * wide * 1.15, y + high * pen.between(0.2, 0.5))), 0.03, light
            )
    for side in (-1, 1):
        pen.oval(side * wide * 0.42, y - high * 0.12, 0.09, 0.1, light)
        pen.oval(side * wide * 0.42, y - high * 0.12, 0.055, 0.08, DARK)


def bird(pen: Pen, coat: Colour, second: Colour) -> None:
    """A beak, a tail like a wedge, and wings: folded, or spread in flight."""
    long, high = pen.between(0.34, 0.48), pen.between(0.18, 0.28)
    wing = second if pen.chance(0.5) else pen.shade(coat, 0.45, 0.8)
    beak = second if pen.chance(0.5) else pen.shade(coat, 0.3, 0.7)
    flying = pen.chance(0.45)
    tilt = pen.between(-25, 0)
    tail = pen.between(0.3, 0.48)
    pen.shape(
        ((-long * 0.7, 0.0), (-long - tail, pen.between(-0.1, 0.2)), (-long - tail * 0.8, pen.between(0.12, 0.35))),
        wing,
    )
    if flying:
        sweep = pen.between(-0.35, 0.15)
        for way, lift in ((-1, pen.between(0.45, 0.75)), (1, pen.between(-0.1, 0.6))):
            root = -0.05 + 0.1 * way
            pen.shape(((root + 0.2, 0.0), (root - 0.22, 0.0), (root + sweep, way * lift if way < 0 else -lift)), wing)
    else:
        leg = pen.shade(coat, 0.2, 0.5)
        for x in (-0.06, 0.1):
            pen.line(((x, high * 0.7), (x + 0.02, high + pen.between(0.2, 0.36)), (x + 0.12, high + 0.34)), 0.04, leg)
    pen.oval(0.0, 0.0, long, high, coat, tilt)
    x, y = long * 0.82, -high * pen.between(0.7, 1.2)
    size = pen.between(0.15, 0.21)
    pen.oval(x, y, size, size, coat)
    reach = pen.between(0.12, 0.28)
    pen.shape(
        ((x + size * 0.6, y - 0.08), (x + size + reach, y + pen.between(-0.02, 0.08)), (x + size * 0.6, y + 0.08)), beak
    )
    pen.oval(x + 0.05, y - 0.04, 0.035, 0.035, DARK)
    if not flying:
        pen.oval(-0.1, 0.0, long * 0.6, high * 0.55, wing, pen.between(5, 25))


def frog(pen: Pen, coat: Colour, second: Colour) -> None:
    """Wide and low, two eyes that bulge above the head, hind legs folded at the sides; from the front or from above."""
    light, dark = pen.shade(coat, 1.2, 1.8), pen.shade(coat, 0.5, 0.8)
    if pen.chance(0.3):
        _frog_from_above(pen, coat, second if pen.chance(0.4) else dark)
        return
    wide, high = pen.between(0.48, 0.62), pen.between(0.3, 0.42)
    for side in (-1, 1):
        pen.oval(side * wide * 0.95, 0.22, 0.26, pen.between(0.16, 0.24), dark, side * pen.between(-40, -15))
        pen.line(((side * wide * 0.9, 0.42), (side * (wide + 0.26), 0.48)), 0.1, dark)
    pen.oval(0.0, 0.12, wide, high, coat)
    pen.oval(0.0, 0.26, wide * 0.7, high * 0.6, light)
    bulge = pen.between(0.13, 0.19)
    for side in (-1, 1):
        x, y = side * wide * pen.between(0.42, 0.62), 0.1 - high
        pen.oval(x, y, bulge, bulge, coat)
        pen.oval(x, y - 0.02, bulge * 0.62, bulge * 0.62, second if pen.chance(0.5) else light)
        pen.oval(x, y - 0.02, bulge * 0.36, bulge * 0.36, DARK)
    pen.bow((-wide * 0.65, 0.04), (0.0, pen.between(0.1, 0.34)), (wide * 0.65, 0.04), 0.045, DARK)
    for side in (-1, 1):
        pen.line(((side * 0.22, 0.3), (side * pen.between(0.2, 0.32), 0.52)), 0.1, coat)


def _frog_from_above(pen: Pen, coat: Colour, spots: Colour) -> None:
    """Draw a frog as one looks down on it: four bent legs around an egg."""
    thick, wide = pen.between(0.09, 0.14), pen.between(0.24, 0.34)
    for side in (-1, 1):
        reach = pen.between(0.5, 0.75)
        pen.line(
            ((side * 0.1, 0.3), (side * reach, pen.between(-0.05, 0.2)), (side * 0.36, 0.55), (side * reach, 0.7)),
            thick,
            coat,
        )
        pen.line(
            ((side * 0.15, -0.2), (side * pen.between(0.4, 0.6), -0.1), (side * pen.between(0.45, 0.7), -0.45)),
            thick * 0.8,
            coat,
        )
    pen.oval(0.0, 0.0, wide, 0.48, coat)
    for side in (-1, 1):
        pen.oval(side * wide * 0.7, -0.38, 0.1, 0.1, spots)
        pen.oval(side * wide * 0.7, -0.4, 0.05, 0.05, DARK)
    for _ in range(3):
        pen.oval(pen.between(-0.15, 0.15), pen.between(-0.2, 0.35), 0.05, 0.05, spots)
