"""Where a telescope may point for flats of the sky, and the ways on which it may get there."""
