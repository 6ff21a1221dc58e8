"""Frames to files: pixels with Skia, films with PyAV, pages with the player."""
