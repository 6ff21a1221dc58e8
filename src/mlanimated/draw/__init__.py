"""What to paint: the display list, and what views need to make it (colours, scales, easing, text, formulas)."""
