"""The search for a setting that reaches the target (lands with its own commit)."""


class FlatSearch:
    """Find the setting."""
