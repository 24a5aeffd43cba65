"""Subscribers of events: the console, the JSON stream, `run.json`, the report."""
