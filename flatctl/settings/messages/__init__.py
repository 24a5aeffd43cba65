"""What is wrong with a configuration, in sentences an astronomer can act on."""
