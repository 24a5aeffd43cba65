"""How Alpaca is spoken: HTTP over a connection of each device's own."""
