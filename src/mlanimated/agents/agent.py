"""Trained agents: load one by its name, ask what it would do, and see how good it is.

    pong = agent("pong")
    pong.act(observation)            # int64 (n,), the most likely actions
    pong.answers(observation)        # {"policy": (n, 3), "value": (n, 1)}: probabilities; or {"q": …}
    pong.card.measured[0].mean

An agent is two files: a card (JSON) and its weights (safetensors, float16). Nothing in them can run.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import msgspec
import numpy as np

from mlanimated.agents.board_agent import BoardAgent
from mlanimated.agents.card import Card, Measured, measured
from mlanimated.envs.atari import Atari
from mlanimated.envs.evaluation import Evaluation, evaluate
from mlanimated.envs.vectors import Vectors
from mlanimated.envs.worlds import World
from mlanimated.errors import MissingExtra, MlaError, did_you_mean
from mlanimated.learn.board_network import BoardNetwork
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.many_boards import many
from mlanimated.learn.networks import Network

__all__ = ["SHIPPED", "Agent", "agent", "board_cards", "card_of", "cards", "is_agent", "names", "save"]

SHIPPED = Path(__file__).parent / "shipped"
"""Where the agents are that ship."""


@dataclass(frozen=True)
class Agent:
    """A trained agent.

    Attributes:
        card: What it plays, how it was trained, what it reaches.
        network: Its network; the first head decides.
    """

    card: Card
    network: Network

    def answers(self, observation: np.ndarray) -> dict[str, np.ndarray]:
        """Return what each head says, float32 (n, size): `policy` as probabilities, the others as they are.

        Args:
            observation: (n, *shape), as the world of its card's preprocessing gives it.
        """
        torch = load_torch()
        with torch.no_grad():
            said = self.network(self.network.prepare(observation).to(self.network.device))
            return {
                name: (torch.softmax(answer, 1) if name == "policy" else answer).cpu().numpy()
                for name, answer in zip(self.network.heads, said, strict=True)
            }

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Return the most likely, or most valued, action of each observation, int64 (n,); of continuous actions float32 (n, numbers)."""
        answers = self.answers(observation)
        if self.card.limits:
            low, high = np.array(self.card.limits, np.float32).T
            return low + (np.tanh(answers["mean"]) + 1.0) / 2.0 * (high - low)
        return answers[next(iter(answers))].argmax(axis=1)

    def play(self, count: int = 1, *, seed: int = 0, sticky: float | None = None) -> World:
        """Return games for it to play, prepared as it needs them: `games.step(agent.act(games.observation))`."""
        if self.card.shape:
            return Vectors(self.card.game, count, seed=seed, continuous=bool(self.card.limits))
        chosen = self.card.preprocessing
        if sticky is not None:
            chosen = msgspec.structs.replace(chosen, sticky=sticky)
        return Atari(self.card.game, count, seed=seed, preprocessing=chosen)

    def evaluate(self, count: int = 100, *, seed: int = 1_000_000, sticky: float = 0.0, noops: int = 30) -> Evaluation:
        """Play full games, always the best action, and return them."""
        card = self.card
        return evaluate(
            self.act, card.game, count, seed=seed, sticky=sticky, noops=noops, preprocessing=card.preprocessing
        )

    def measure(self, count: int = 100, *, seed: int = 1_000_000, sticky: float = 0.0, noops: int = 30) -> Measured:
        """Play full games and return what a card keeps of them."""
        found = self.evaluate(count, seed=seed, sticky=sticky, noops=noops)
        return measured(found, noops=noops, seed=seed)

    def save(self, path: Path) -> None:
        """Write the card, PATH.json, and the weights, PATH.safetensors, in float16.

        Raises:
            MlaError: It cannot be written.
        """
        save(path, self.card, self.network.state())


def save(path: Path, card: Card, weights: Mapping[str, np.ndarray]) -> None:
    """Write an agent's two files: the card, PATH.json, and the weights, PATH.safetensors, floats in float16.

    Raises:
        MlaError: They cannot be written.
    """
    small = {name: value.astype(np.float16) if value.dtype == np.float32 else value for name, value in weights.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_name(path.name + ".safetensors")
        _safetensors().save_file(small, file)
        file.chmod(0o644)  # it is made for its owner alone
        text = msgspec.json.format(msgspec.json.encode(card), indent=2)
        path.with_name(path.name + ".json").write_bytes(text + b"\n")
    except OSError as error:
        raise MlaError(f"The agent {path} cannot be written: {error.strerror or error}.") from error


@overload
def agent(name: Literal["connect-four", "tic-tac-toe"]) -> BoardAgent: ...  # pyright: ignore[reportOverlappingOverload]
@overload
def agent(name: str | Path) -> Agent: ...
def agent(name: str | Path) -> Agent | BoardAgent:
    """Load a trained agent: an `Agent`, or of a board game a `BoardAgent`.

    Args:
        name: Of one that ships ("pong", `names` lists them), or the path of one that was trained here, with or without its suffix.

    Raises:
        MlaError: There is no such agent, or its files are damaged.
        MissingExtra: safetensors is not installed, or PyTorch, which board games do without.
    """
    path = _found(name)
    card = _card(path)
    weights = path.with_name(path.name + ".safetensors")
    network: Any = None
    if card.learner != "self-play":
        shape = card.shape or (card.preprocessing.stack, card.preprocessing.height, card.preprocessing.width)
        network = Network(shape, card.heads, card.network)  # pyright: ignore[reportArgumentType]
    try:
        state = _safetensors().load_file(weights)
        if network is None:
            large = {name: value.astype(np.float32) for name, value in state.items()}
            return BoardAgent(card, BoardNetwork(many(card.game), large))
        network.load(state)
    except MissingExtra:
        raise
    except Exception as error:
        raise MlaError(f"{weights} holds no weights for the network of its card ({error}).") from error
    return Agent(card, network)


def card_of(name: str | Path) -> Card:
    """Return the card of an agent, of board games too. Needs no library beside the core.

    Args:
        name: Of one that ships, or the path of one that was trained here, with or without its suffix.

    Raises:
        MlaError: There is no such agent, or its card is damaged.
    """
    return _card(_found(name))


def is_agent(name: str | Path) -> bool:
    """Return whether there is an agent of this name or path, be it damaged or not."""
    try:
        _found(name)
    except MlaError:
        return False
    return True


def names() -> tuple[str, ...]:
    """Return the names of the agents that ship, sorted; those that play board games are among `board_cards`."""
    return tuple(card.name for card in cards())


def cards() -> tuple[Card, ...]:
    """Return the cards of the agents that ship, by name, less those of board games. Needs no library beside the core."""
    return tuple(card for card in _cards() if card.learner != "self-play")


def board_cards() -> tuple[Card, ...]:
    """Return the cards of the players of board games that ship, by name."""
    return tuple(card for card in _cards() if card.learner == "self-play")


def _cards() -> tuple[Card, ...]:
    return tuple(_card(path.with_suffix("")) for path in sorted(SHIPPED.glob("*.json")))


def _found(name: str | Path) -> Path:
    """Return where an agent's two files are, without suffix."""
    word = str(name)
    plain = word.lower().replace("_", "-").replace(" ", "-")
    known = sorted(path.stem for path in SHIPPED.glob("*.json"))
    if plain in known:
        return SHIPPED / plain
    path = Path(word)
    path = path.with_suffix("") if path.suffix in {".json", ".safetensors"} else path
    if path.with_name(path.name + ".json").exists():
        return path
    raise MlaError(f"There is no trained agent {word!r}.{did_you_mean(plain, known)} mla train makes others.")


def _card(path: Path) -> Card:
    """Return the card of an agent."""
    file = path.with_name(path.name + ".json")
    try:
        return msgspec.json.decode(file.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise MlaError(f"{file} is no card of an agent ({error}): mla train makes the agent anew.") from error


def _safetensors() -> Any:
    """Return the module that reads and writes weights, untyped."""
    try:
        return importlib.import_module("safetensors.numpy")
    except ModuleNotFoundError as error:
        raise MissingExtra("A trained agent", "atari") from error
