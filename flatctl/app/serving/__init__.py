"""What the console knows of the rigs of this machine, and what it has done for those who ask."""
