"""The only place that turns a configuration into objects: one file per command."""
