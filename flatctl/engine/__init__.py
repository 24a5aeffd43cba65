"""The loop: ask the core, drive the devices, tell the outputs."""
