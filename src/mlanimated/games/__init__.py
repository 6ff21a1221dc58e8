"""Rules and state alone, one game a file, in NumPy; nothing here knows of drawing, of learning or of Gymnasium.

A game is a frozen object that holds its rules (a map, a size); a state is a small immutable value (a number or a named
tuple) that the caller keeps. Every game has `legal(state)`, a move that returns what follows (`step` or `play`) and
`result(state)`. A move that is not allowed raises `MlaError` in one line and changes nothing, since nothing can change.
"""
