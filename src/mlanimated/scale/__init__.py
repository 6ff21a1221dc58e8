"""The same recipes and learners many times over: on this machine's processes, or on a Ray cluster."""
