"""What a network looks at: where hiding a place of the picture changes what it says (perturbation saliency).

S. Greydanus, A. Koul, J. Dodge and A. Fern, "Visualizing and Understanding Atari Agents" (2018), equations 1 to 3: around one place after
the other the picture is mixed with one that knows nothing of it; the saliency of the place is half the squared change of the network's
answer. The paper's numbers are for pictures of 80 pixels (a spot of deviation 5, every fifth pixel) and are scaled to the size in hand.

Departures: the paper mixes in the picture's own blur (deviation 3), which makes something new of a wall that always stands there; here
it is each pixel's mean over random play, which the network carries with it, and the blur where it carries none. All pictures of the
stack are hidden alike, the paper's network having one picture and a memory. Of a network that tells what actions are worth, these
stand for the answer.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mlanimated.agents.agent import Agent
from mlanimated.learn.frameworks import load_torch

__all__ = ["blurred", "saliency", "spots"]

PAPER = 80.0
BLUR, SPOT, STEP = 3.0, 5.0, 5.0


def saliency(agent: Agent, observation: np.ndarray) -> np.ndarray:
    """Return how much what the agent says hangs on each place, float32 (n, rows, columns).

    Args:
        agent: An agent that sees pictures.
        observation: uint8 (n, stack, height, width).
    """
    torch, network = load_torch(), agent.network
    height, width = observation.shape[2:]
    masks = spots(height, width)
    rows, columns = masks.shape[:2]
    flat = masks.reshape(-1, 1, height, width)
    found = np.empty((len(observation), rows, columns), np.float32)
    with torch.no_grad():
        for index, seen in enumerate(observation):
            plain = seen.astype(np.float32)
            blank = network.mean.astype(np.float32) if network.mean.any() else blurred(plain)
            lost = plain + (blank - plain) * flat  # (places, stack, height, width)
            every = np.concatenate([seen[None], np.rint(lost).astype(np.uint8)])
            said = network(network.prepare(every).to(network.device))
            answers = dict(zip(network.heads, said, strict=True))
            answer = next(answers[name] for name in ("policy", "q", "advantage") if name in answers)
            change = 0.5 * (answer[1:] - answer[:1]).square().sum(1)
            found[index] = change.cpu().numpy().reshape(rows, columns)
    return found


@cache
def spots(height: int, width: int) -> np.ndarray:
    """Return a round spot around each place, float32 (rows, columns, height, width), 1 in its middle."""
    unit = height / PAPER
    rows, columns = round(PAPER / STEP), round(PAPER / STEP * width / height)
    down = (np.arange(rows) + 0.5) * height / rows - 0.5
    across = (np.arange(columns) + 0.5) * width / columns - 0.5
    upright = np.exp(-((np.arange(height) - down[:, None]) ** 2) / (2 * (SPOT * unit) ** 2))
    level = np.exp(-((np.arange(width) - across[:, None]) ** 2) / (2 * (SPOT * unit) ** 2))
    return (upright[:, None, :, None] * level[None, :, None, :]).astype(np.float32)


def blurred(pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, height, width), blurred by a normal curve; beyond the edge a picture goes on as its last pixel."""
    height, width = pictures.shape[1:]
    return _blur(height, BLUR * height / PAPER) @ pictures @ _blur(width, BLUR * height / PAPER).T


@cache
def _blur(size: int, deviation: float) -> np.ndarray:
    """Return the matrix that blurs a line of pixels, float32 (size, size)."""
    reach = int(np.ceil(4 * deviation))
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * deviation**2))
    kernel /= kernel.sum()
    matrix = np.zeros((size, size))
    for offset, weight in zip(range(-reach, reach + 1), kernel.tolist(), strict=True):
        matrix[np.arange(size), np.clip(np.arange(size) + offset, 0, size - 1)] += weight
    return matrix.astype(np.float32)
