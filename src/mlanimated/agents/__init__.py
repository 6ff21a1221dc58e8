"""Trained agents that ship, the cards that say what they can do, and the training of more of them."""
