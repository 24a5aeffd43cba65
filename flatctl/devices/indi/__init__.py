"""INDI devices, through pyindi-client in a child process."""
