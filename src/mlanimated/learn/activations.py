"""Activations of a neuron, each with its derivative: ReLU, sigmoid, tanh, softmax (chapter 4)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = [
    "ACTIVATIONS",
    "relu",
    "relu_slope",
    "sigmoid",
    "sigmoid_slope",
    "softmax",
    "softmax_slope",
    "tanh",
    "tanh_slope",
]

Array = np.ndarray


def relu(x: Array) -> Array:
    """Return x where it is positive and 0 elsewhere, same shape."""
    return np.maximum(x, 0.0)


def relu_slope(x: Array) -> Array:
    """Return 1 where x is positive and 0 elsewhere; 0 at the bend, as the libraries do."""
    return (np.asarray(x) > 0.0).astype(np.float64)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e⁻ˣ), between 0 and 1, same shape; large |x| neither overflow nor warn."""
    small = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0.0, 1.0, small) / (1.0 + small)


def sigmoid_slope(x: Array) -> Array:
    """Return σ(x) σ(−x): at most 1/4, at x = 0."""
    return sigmoid(x) * sigmoid(-np.asarray(x))


def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent, between −1 and 1, same shape."""
    return np.tanh(x)


def tanh_slope(x: Array) -> Array:
    """Return 1 − tanh²x: at most 1, at x = 0."""
    return 1.0 - np.tanh(x) ** 2


def softmax(x: Array) -> Array:
    """Return positive shares that sum to 1 along the last axis: each eˣ over the sum of them all, same shape."""
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_slope(x: Array) -> Array:
    """Return the derivatives of each share by each input of a vector (n,): shape (n, n), pᵢ(δᵢⱼ − pⱼ)."""
    shares = softmax(x)
    return np.diag(shares) - np.outer(shares, shares)


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (relu, relu_slope),
    "sigmoid": (sigmoid, sigmoid_slope),
    "tanh": (tanh, tanh_slope),
}
