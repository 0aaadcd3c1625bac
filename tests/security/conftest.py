"""What the security tests share with the unit tests: the authorizer, started as by a cold start."""

from tests.unit.conftest import start

__all__ = ["start"]
