"""Reading calls of AWS: one answer, or a whole list. A call that fails ends the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from scripts.lib import aws
from scripts.lib.program import UsageError

_NOT_THERE: Final = ("NotFoundException", "ResourceNotFoundException", "NoSuchEntity", "NoSuchEntityException")
_PAGES: Final = {"apigateway": {"PageSize": 500}}
"""The largest page, where the default is small and the calls of a second are few."""


class Calls:
    """Calls of one account and region. Takes what makes the client of a service."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._make = client
        self._clients: dict[str, Any] = {}

    def one(self, service: str, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """An answer; None where AWS says that the thing is not there.

        Raises:
            UsageError: the call failed otherwise.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
            return answer
        except (BotoCoreError, ClientError) as error:
            if aws.failure(error) in _NOT_THERE:
                return None
            raise self._failed(service, operation, error) from None

    def all(self, service: str, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
        """Every item of a list, over all its pages; nothing where AWS says that its owner is not there.

        Raises:
            UsageError: the call failed otherwise.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client(service)
        if not client.can_paginate(operation):
            yield from self._by_token(service, operation, member, parameters)
            return
        pages = client.get_paginator(operation).paginate(PaginationConfig=_PAGES.get(service, {}), **parameters)
        try:
            for page in pages:
                yield from page.get(member) or ()
        except (BotoCoreError, ClientError) as error:
            if aws.failure(error) not in _NOT_THERE:
                raise self._failed(service, operation, error) from None

    def _by_token(self, service: str, operation: str, member: str, parameters: dict[str, Any]) -> Iterator[Any]:
        """The items of a list for which boto3 has no paginator."""
        token: dict[str, str] = {}
        while (answer := self.one(service, operation, **parameters, **token)) is not None:
            yield from answer.get(member) or ()
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._make(service)
        return self._clients[service]

    def _failed(self, service: str, operation: str, error: Exception) -> UsageError:
        return UsageError(
            f"{service} {operation.replace('_', '-')} failed ({aws.failure(error)}), so that nothing is said of what "
            "is live: docs/operations.md#audit names the rights that the audit needs"
        )
