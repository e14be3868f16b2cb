"""The behaviour of the methods beside runs, on emulated servers."""

from tests.behaviour.methods import MethodBehaviour


class TestMethods(MethodBehaviour):
    """Every behaviour, on emulated servers."""
