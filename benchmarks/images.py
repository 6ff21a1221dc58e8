"""What four kinds of network reach on doodles, which are drawn here, and as a check on real data on handwritten digits.

    python benchmarks/images.py            # 5 seeds each, both sets: about ten minutes of one core
    python benchmarks/images.py --seeds 2 --data digits --kinds CNN

Each seed draws other training pictures (or deals the digits anew), other first weights and other batches; doodles are tested on
the same 2000 each time. A set on which the kinds do not differ would teach nothing.
"""

import argparse
import sys
import time

import numpy as np

from mlanimated.data.sets import load_images
from mlanimated.learn.augmentation import Augmentation
from mlanimated.learn.convolutional_network import Architecture, learn_pictures
from mlanimated.learn.supervised import Settings
from mlanimated.trace import Recorder

KINDS = {
    "linear": (
        Architecture(kind="linear"),
        Settings(epochs=20, learning_rate=0.0005, weight_decay=0.02, schedule="cosine", rows=2),
        None,
    ),
    "MLP": (
        Architecture(kind="mlp"),
        Settings(epochs=20, learning_rate=0.0005, weight_decay=0.02, schedule="cosine", rows=2),
        None,
    ),
    "CNN": (
        Architecture(),
        Settings(epochs=20, learning_rate=0.005, weight_decay=0.02, schedule="cosine", half=True, rows=2),
        None,
    ),
    "CNN, augmented": (
        Architecture(),
        Settings(epochs=40, learning_rate=0.005, weight_decay=0.02, schedule="cosine", half=True, rows=2),
        Augmentation(),
    ),
}
DIGITS = Augmentation(rotate=10.0, shift=0.1, flip=False)  # a mirrored 2 is none
T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # Student's t for 95%, by the number of seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, choices=range(2, 6))
    parser.add_argument("--data", choices=("doodles", "digits", "both"), default="both")
    parser.add_argument("--kinds", nargs="+", choices=tuple(KINDS), default=tuple(KINDS), metavar="KIND")
    options = parser.parse_args()
    for data in ("doodles", "digits") if options.data == "both" else (options.data,):
        print(
            f"\n{data}: test accuracy in %, mean over {options.seeds} seeds ± 95% (Student's t); each seed; CPU seconds a run"
        )
        for name in options.kinds:
            architecture, settings, augmentation = KINDS[name]
            shares, began = [], time.process_time()
            for seed in range(options.seeds):
                split = load_images(data, train=4000, test=2000, seed=seed)
                how = DIGITS if augmentation and data == "digits" else augmentation
                chosen = Settings(
                    **{field: getattr(settings, field) for field in settings.__struct_fields__} | {"seed": seed}
                )
                size = Architecture(kind=architecture.kind, stages=2 if data == "digits" else 3)
                with Recorder() as recorder:
                    shares.append(learn_pictures(split, size, chosen, how, recorder)[1].accuracy.share * 100)
            half = T[options.seeds] * np.std(shares, ddof=1) / np.sqrt(options.seeds)
            took = (time.process_time() - began) / options.seeds
            each = " ".join(f"{share:.1f}" for share in shares)
            print(f"  {name:16} {np.mean(shares):5.1f} ± {half:.1f}   ({each})   {took:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
