"""What the commands answer, as values that draw themselves: one file per command."""
