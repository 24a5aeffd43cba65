"""Files: FITS frames, their names and headers, and the history of what was learned."""
