"""The sky as the light: its sets, in the order of their light, and where the telescope points."""
