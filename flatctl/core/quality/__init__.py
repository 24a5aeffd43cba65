"""How good a flat is, and a set of them.

From each frame a few small things are taken, whatever its size: its `Shape` (the light on at most
64×64 cells), the ripple of its rows and columns, and a `Sample` of its pixels. All that follows
looks at these only.

    shape    the light across the frame, and the mean of many
    change   what differs between two shapes: gradient, veil, patches
    dust     spots that came or went, and a pattern that moved
    ripple   banding of rows and columns
    noise    pairs of samples: photons, correlation, steps of the converter
    frames   judges each frame of a set
    sets     judges the set, and compares it with the last one
"""
