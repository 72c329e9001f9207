from tests.unit.fleet.conftest import tree

__all__ = ["tree"]
