"""Games as environments: played many at a time, Atari's among them; `registry` gives our own to Gymnasium as "mla/…"."""
