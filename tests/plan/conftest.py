"""Fixtures that plan this repository's Terraform modules; ``support`` says how modules are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.terraform import local_environment
from tests.plan.provider import running_provider
from tests.plan.support import REGION, Modules, local_aws

Plan = Callable[[str, dict[str, Any]], Any]
Refusal = Callable[[str, dict[str, Any]], str]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a local AWS, for this session."""
    with local_aws(tmp_path_factory.mktemp("aws")) as url:
        yield url


@pytest.fixture(scope="session")
def modules(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Modules]:
    """The repository's modules; ``modules.fresh(module)`` is one to apply, with a state of its own."""
    with running_provider(tmp_path_factory.mktemp("provider"), local_environment(aws, REGION)) as environment:
        yield Modules(tmp_path_factory.mktemp("terraform"), environment)


@pytest.fixture(scope="session")
def plan(modules: Modules) -> Plan:
    """``plan(module, variables)`` returns tftest's plan output: see ``support.Root.plan``."""
    return lambda module, variables: modules.root(module).plan(variables)


@pytest.fixture(scope="session")
def refused(modules: Modules) -> Refusal:
    """``refused(module, variables)`` returns why Terraform refuses, as one line: see ``support.Root.refused``."""
    return lambda module, variables: modules.root(module).refused(variables)
