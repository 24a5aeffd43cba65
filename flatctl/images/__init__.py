"""Images in files of any format: what their headers say, and their pixels.

Whoever wants to know of an image asks `flatctl.images.reading`, whatever its format; each format
has a file of its own here.
"""
