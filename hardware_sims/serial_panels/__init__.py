"""Byte-exact light panels on a serial line: one file per wire protocol, one server for the wire."""
