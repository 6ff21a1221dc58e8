"""A point spirals into the middle: an example of what a package of one's own brings to mlanimated."""
