"""What the pixels of a frame say by themselves."""
