"""Behaviour of the facade that holds on every server: the emulator in `tests/facade`, real ones in `tests/live`."""
