"""The functions this repository packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.program import Error


@dataclass(frozen=True)
class Function:
    """One function: ``package`` and ``requirements`` are paths from the repository's root.

    A ``requirements`` file that does not exist means that the function needs nothing but the Lambda runtime.
    ``snapshots`` is the folder within the zip that key sets are put into, for a function that can use them.
    """

    name: str
    package: str
    requirements: str
    handler: str
    snapshots: str | None = None


FUNCTIONS = (
    Function(
        name="authorizer",
        package="functions/authorizer/jwt_authorizer",
        requirements="functions/authorizer/requirements-asymmetric.txt",
        handler="jwt_authorizer.handler.lambda_handler",
        snapshots="jwt_authorizer/snapshots",
    ),
    # The same without cryptography, for those whose issuers all use HMAC: a fraction of the size.
    Function(
        name="authorizer-hmac",
        package="functions/authorizer/jwt_authorizer",
        requirements="functions/authorizer/requirements.txt",
        handler="jwt_authorizer.handler.lambda_handler",
    ),
    Function(
        name="backend",
        package="functions/backend/backend",
        requirements="functions/backend/requirements.txt",
        handler="backend.handler.lambda_handler",
    ),
    Function(
        name="rotation",
        package="functions/rotation/rotation",
        requirements="functions/rotation/requirements.txt",
        handler="rotation.handler.lambda_handler",
    ),
)

EXAMPLES: Mapping[str, Function] = {
    "mcp": Function(
        name="mcp",
        package="terraform/examples/mcp/server/mcp_server",
        requirements="terraform/examples/mcp/server/requirements.txt",
        handler="mcp_server.handler.lambda_handler",
    ),
}
"""The examples that have a function of their own, which no release needs: the function by the example's name."""


def sources(root: Path, function: Function) -> Iterator[Path]:
    """The files of a function's package, in the repository at ``root``: code and data, in a fixed order.

    Yields absolute paths, without hidden files and what interpreters and editors leave behind. Raises
    Error when the folder lacks the module that the handler names.
    """
    package = root / function.package
    module = package.parent.joinpath(*function.handler.split(".")[:-1]).with_suffix(".py")
    if not module.is_file():
        raise Error(f"{module.relative_to(root)} does not exist, but {function.name}'s handler is {function.handler}")
    for path in sorted(package.rglob("*")):
        if path.is_file() and not _is_left_over(path.relative_to(package)):
            yield path


def _is_left_over(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return hidden or path.suffix in {".pyc", ".pyo"} or path.name.endswith("~")
