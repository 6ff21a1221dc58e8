"""One learning algorithm a file, hyperparameters first, readable from top to bottom.

Each learner has `Args` (frozen, checked, documented in one place) and `train(args, recorder, resume=None)`.
"""
