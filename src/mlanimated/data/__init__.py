"""Data sets that ship inside packages, or are fetched when online."""
