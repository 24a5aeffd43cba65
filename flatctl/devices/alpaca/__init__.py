"""Devices behind ASCOM Alpaca, each by its URL."""
