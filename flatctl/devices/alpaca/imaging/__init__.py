"""What is asked of an Alpaca camera, and which frame is believed."""
