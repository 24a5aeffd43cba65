"""The search for a setting, and the capture of a set with it."""
