"""The configuration file: pydantic models of its tables, and how it is read."""
