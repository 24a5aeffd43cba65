"""Any laptop, tablet or phone as a light panel: one page, and the connection that drives it."""
