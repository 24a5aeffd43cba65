"""Cameras, filter wheels and light panels, each behind a Protocol of `protocols.py`."""
