"""What an INDI camera needs for a frame: its settings, its exposure, the frame that comes."""
