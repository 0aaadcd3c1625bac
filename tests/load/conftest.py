"""The authorizer as the unit tests start it, and their AWS."""

from tests.unit.conftest import aws as aws
from tests.unit.conftest import start as start
