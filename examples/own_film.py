"""A film of one's own, data to file: k-means finds three clouds of points. Writes clouds.mp4."""

from dataclasses import dataclass

import numpy as np

import mlanimated as mla


@dataclass(frozen=True, kw_only=True)
class Clouds(mla.View):
    """The points in the colour of the centre that they follow, and the centres as larger discs."""

    def draw(self, moment, box):
        box = box.square()
        circles = []
        for (x, y), cloud in zip(moment.value("points"), moment.value("follows"), strict=True):
            circles.append(
                mla.draw.Circle(box.x + x * box.width, box.bottom - y * box.height, 4, f"series-{cloud + 1}")
            )
        for cloud, (x, y) in enumerate(moment.eased("centres")):  # what moves glides between two recorded steps
            centre = box.x + x * box.width, box.bottom - y * box.height
            circles.append(mla.draw.Circle(*centre, 14, f"series-{cloud + 1}", stroke="ink", stroke_width=3))
        return circles


chance = np.random.default_rng(4)
points = np.concatenate([chance.normal(middle, 0.08, (60, 2)) for middle in ((0.25, 0.7), (0.7, 0.75), (0.5, 0.25))])
centres = np.array([[0.45, 0.5], [0.5, 0.55], [0.55, 0.5]])
with mla.Recorder(name="k-means") as recorder:
    recorder.event("initialize", "Three centres start in the middle. Each point follows the nearest one.", step=0)
    for step in range(7):
        distances = np.linalg.norm(points[:, None] - centres, axis=2)
        follows, apart = distances.argmin(axis=1), distances.min(axis=1).mean()
        recorder.log({"points": points, "follows": follows, "centres": centres, "distance": apart}, step=step)
        centres = np.array([points[follows == cloud].mean(axis=0) for cloud in range(3)])
    recorder.event("found", f"Each centre has found its cloud: points are {apart:.3f} away from theirs.", step=step)

scene = Clouds().titled("Points and centres").shared(1.4) | mla.views.Lines("distance").titled("Distance to the centre")
mla.film(scene, recorder.trace, title="k-means looks for three clouds").save("clouds.mp4")
