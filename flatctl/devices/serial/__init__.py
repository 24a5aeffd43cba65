"""Light panels on a serial line: one link, and one file per wire protocol."""
