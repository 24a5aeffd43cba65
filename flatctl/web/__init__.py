"""The console: rigs shown and controlled over HTTP. It hosts no run and imports no device."""
