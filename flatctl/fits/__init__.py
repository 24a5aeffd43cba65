"""FITS: the one place that knows how its headers, cards, checksums and pixels lie."""
