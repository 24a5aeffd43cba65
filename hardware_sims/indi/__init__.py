"""What the simulated INDI drivers have in common: properties, both ways to be served."""
