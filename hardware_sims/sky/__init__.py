"""The twilight sky as the light, and the mount that points the telescope at it."""
