"""Serial light panels: one file per wire protocol."""
