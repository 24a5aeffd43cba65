"""The product, pure: no clock, no files, no sockets, no logging, no randomness."""
