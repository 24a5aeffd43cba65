"""The world as Alpaca devices over HTTP."""
