"""Cameras that no driver reaches: a person takes the pictures, and they arrive in a folder."""
