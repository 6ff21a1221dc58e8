"""Games as environments: played many at a time, Atari's among them."""
