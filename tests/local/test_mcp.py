"""The example mcp: a client that is given the URL alone gets a token and an answer, and the protocol's text holds.

The client is the official SDK's, unmodified, and the authorization server a real one. Section numbers are of RFC 9728
where no other text is named; "MCP" is the specification of the Model Context Protocol, 2026-07-28, basic/authorization.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import jwt
import pytest
import requests
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from mcp import Client
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from scripts import ROOT
from scripts.lib.local_stack import StackInfo
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from scripts.package.__main__ import main as package
from tests.local.conftest import Applied
from tests.local.domain_name import DomainName, domain_name
from tests.openid_provider import provider
from tests.openid_provider.provider import MCP_CLIENT, MCP_REDIRECT, Provider

STAGE = "v1"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
SERVER = ROOT / ".local/build/examples/mcp/manifest.json"


@dataclass
class Deployed:
    """The example, applied: at which URL, and who trusts whom."""

    applied: Applied
    domain: DomainName
    issuer: Provider
    authority_file: Path

    @property
    def resource(self) -> str:
        return str(self.applied.outputs["resource"])

    def token(self, scope: str = "mcp:tools", **claims: Any) -> str:
        """A token as a client of the provider's would get it, with other claims where some are given."""
        return self.issuer.mint("RS256", **{"aud": self.resource, "scope": scope, **claims})

    def call(self, path: str = "", token: str | None = None, tool: str = "whoami", **more: Any) -> requests.Response:
        """A call of a tool, as one request without a session."""
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
        url = f"{self.resource}{path}"
        return requests.post(url, json=message, headers=headers, verify=str(self.authority_file), timeout=60, **more)

    def get(self, url: str, **more: Any) -> requests.Response:
        return requests.get(url, verify=str(self.authority_file), timeout=60, **more)

    def metadata(self) -> requests.Response:
        """The document that the 401 names."""
        return self.get(parameters(self.call())["resource_metadata"])


@pytest.fixture(scope="module")
def issuer() -> Iterator[Provider]:
    with provider.running() as started:
        yield started


@pytest.fixture(scope="module")
def deployed(issuer: Provider, record: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The example at a domain name of its own, with the provider as its issuer."""
    assert package(["--target", "host", "--example", "mcp"]) == 0
    folder = tmp_path_factory.mktemp("mcp")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(authority_file := folder / "authority.pem"))
    trusted = {
        "issuer": issuer.issuer,
        "algorithms": ["RS256"],
        "keys": {"discovery": True},
        "token_types": ["at+jwt"],
        "required_claims": ["exp", "sub", "client_id"],
    }
    with domain_name(authority) as domain:
        applied = Applied(
            Workspace(folder, record.endpoint_url, REGION, "examples/mcp"),
            record,
            f"-var=server_manifest={SERVER}",
            f"-var=issuers={json.dumps([trusted])}",
            f"-var=environment={json.dumps({'SSL_CERT_FILE': str(issuer.authority_file)})}",
            f"-var=resource={domain.url}/mcp",
        )
        applied.apply()
        domain.target = applied.base_url
        yield Deployed(applied, domain, issuer, authority_file)


# A client that knows the URL


@dataclass
class Memory:
    """What a client keeps: a fixed registration, and the tokens that it gets."""

    client: OAuthClientInformationFull
    tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError(f"the client is registered already, and not as {client_info.client_id}")


@dataclass
class Person:
    """Who sits before the client: opens the pages that it asks for, and lets it in."""

    issuer: Provider
    asked: list[dict[str, str]] = field(default_factory=list)
    sent_back: str = ""

    async def open(self, url: str) -> None:
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        self.sent_back = await anyio.to_thread.run_sync(self.issuer.consent, url)

    async def code(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**{k: v[0] for k, v in parse_qs(urlsplit(self.sent_back).query).items()})


@dataclass
class Connected:
    """A connected client, with what went over the wire."""

    client: Client
    statuses: list[tuple[str, int]]


def connect(
    deployed: Deployed, url: str, memory: Memory, person: Person, use: Callable[[Connected], Awaitable[Any]]
) -> Any:
    """What `use` makes of the official client, which is given the URL, its registration and a browser."""

    async def run() -> Any:
        trust = ssl.create_default_context(cafile=str(deployed.issuer.authority_file))
        trust.load_verify_locations(str(deployed.authority_file))
        metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(MCP_REDIRECT)], grant_types=["authorization_code"])
        auth = OAuthClientProvider(url, metadata, memory, person.open, person.code)
        statuses: list[tuple[str, int]] = []

        async def note(response: httpx2.Response) -> None:
            statuses.append((f"{response.request.method} {response.request.url}", response.status_code))

        hooks = {"response": [note]}
        async with (
            httpx2.AsyncClient(auth=auth, verify=trust, timeout=60, event_hooks=hooks) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await use(Connected(client, statuses))

    return asyncio.run(run())


def registered() -> Memory:
    """A client with the registration that the provider knows, and no token."""
    client = OAuthClientInformationFull(
        client_id=MCP_CLIENT, redirect_uris=[AnyUrl(MCP_REDIRECT)], token_endpoint_auth_method="none"
    )
    return Memory(client)


@pytest.fixture(scope="module")
def memory(deployed: Deployed) -> tuple[Memory, Person, dict[str, Any], list[tuple[str, int]]]:
    """A client that has called a tool of the first endpoint: what it knows then, what it was asked, and the answer."""
    memory, person = registered(), Person(deployed.issuer)

    async def use(connected: Connected) -> tuple[dict[str, Any], list[tuple[str, int]]]:
        answer = await connected.client.call_tool("whoami", {})
        added = await connected.client.call_tool("add", {"a": 2, "b": 3})
        assert added.structured_content == {"result": 5}
        assert answer.structured_content is not None
        return answer.structured_content, list(connected.statuses)

    answer, statuses = connect(deployed, deployed.resource, memory, person, use)
    return memory, person, answer, statuses


def test_a_client_that_knows_the_url_alone_gets_a_token_and_an_answer(deployed: Deployed, memory: Any) -> None:
    kept, person, answer, statuses = memory
    assert statuses[0] == (f"POST {deployed.resource}", 401)
    assert statuses[1] == (f"GET {deployed.domain.url}{WELL_KNOWN}/mcp", 200)
    assert (f"POST {deployed.resource}", 200) in statuses
    assert answer == {"principal": "alice", "scope": "mcp:tools"}
    assert kept.tokens.scope == "mcp:tools"
    (asked,) = person.asked
    assert asked["resource"] == deployed.resource
    assert asked["scope"] == "mcp:tools"
    assert asked["code_challenge_method"] == "S256"
    assert jwt.decode(kept.tokens.access_token, options={"verify_signature": False})["aud"] == deployed.resource


def test_the_second_endpoint_is_a_403_until_the_client_has_the_wider_token(deployed: Deployed, memory: Any) -> None:
    first: Memory = memory[0]
    kept, person = Memory(first.client, first.tokens), Person(deployed.issuer)

    async def use(connected: Connected) -> tuple[dict[str, Any], list[tuple[str, int]]]:
        answer = await connected.client.call_tool("status", {})
        assert answer.structured_content is not None
        return answer.structured_content, list(connected.statuses)

    url = f"{deployed.resource}/admin"
    answer, statuses = connect(deployed, url, kept, person, use)
    assert statuses[0] == (f"POST {url}", 403)
    assert (f"POST {url}", 200) in statuses
    assert set(answer) == {"machine", "python"}
    (asked,) = person.asked
    assert set(asked["scope"].split()) == {"mcp:tools", "mcp:admin"}
    assert kept.tokens is not None
    assert set(str(kept.tokens.scope).split()) == {"mcp:tools", "mcp:admin"}


def test_a_client_at_another_url_than_the_documents_refuses_it(deployed: Deployed) -> None:
    """Section 3.3: the resource must be the URL that the client asked."""
    person = Person(deployed.issuer)

    async def use(_: Connected) -> None:
        raise AssertionError("it connected")

    with pytest.raises(ExceptionGroup) as raised:
        connect(deployed, f"{deployed.applied.base_url}/mcp", registered(), person, use)
    assert raised.group_contains(OAuthFlowError, match="does not match expected")
    assert person.asked == []


# The text, sentence by sentence


def parameters(answer: requests.Response) -> dict[str, str]:
    """The parameters of the one challenge in `WWW-Authenticate`, which must be Bearer (RFC 6750, section 3)."""
    scheme, _, rest = answer.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    pairs = dict(pair.split("=", 1) for pair in rest.split(", "))
    assert all(value[0] == value[-1] == '"' for value in pairs.values())
    return {name: value[1:-1] for name, value in pairs.items()}


def test_a_request_without_a_token_is_a_401_that_names_the_document(deployed: Deployed) -> None:
    """Section 5.1; MCP, authorization server discovery."""
    answer = deployed.call()
    assert answer.status_code == 401
    assert parameters(answer)["resource_metadata"].startswith(deployed.domain.url)


def test_a_request_without_a_token_learns_of_no_error(deployed: Deployed) -> None:
    """RFC 6750, section 3.1: no error code where the request lacks any authentication information."""
    assert not {"error", "error_description", "error_uri"} & set(parameters(deployed.call()))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"aud": "https://other.example.com/mcp"},
        {"aud": "orders"},
        {"iss": "https://login.example.com/"},
    ],
    ids=["expired", "another resource", "another api", "another issuer"],
)
def test_a_token_that_is_not_for_this_server_now_is_a_401(deployed: Deployed, claims: dict[str, Any]) -> None:
    """MCP, token handling: only tokens whose audience is the server, and a 401 for invalid or expired ones."""
    answer = deployed.call(token=deployed.token(**claims))
    assert answer.status_code == 401
    assert "resource_metadata" in parameters(answer)


def test_a_token_that_another_key_signed_is_a_401(deployed: Deployed) -> None:
    """MCP, token handling: tokens are validated as OAuth 2.1, section 5.2, says."""
    good = deployed.token()
    header = jwt.get_unverified_header(good)
    claims = jwt.decode(good, options={"verify_signature": False})
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert deployed.call(token=jwt.encode(claims, key, "RS256", headers=header)).status_code == 401
    assert deployed.call(token=good).status_code == 200


def test_a_token_in_the_query_string_is_not_taken(deployed: Deployed) -> None:
    """MCP, token requirements: access tokens must not be in the query string."""
    assert deployed.call(params={"access_token": deployed.token()}).status_code == 401


def test_too_few_scopes_are_a_403_that_names_those_that_are_needed(deployed: Deployed) -> None:
    """MCP, runtime insufficient scope errors; RFC 6750, section 3.1."""
    answer = deployed.call("/admin", deployed.token(), "status")
    assert answer.status_code == 403
    challenge = parameters(answer)
    assert challenge["error"] == "insufficient_scope"
    assert challenge["scope"] == "mcp:tools mcp:admin"
    assert challenge["resource_metadata"] == parameters(deployed.call())["resource_metadata"]
    assert deployed.call("/admin", deployed.token("mcp:tools mcp:admin"), "status").status_code == 200


def test_the_document_is_json_that_everybody_may_read(deployed: Deployed) -> None:
    """Section 3.2: 200, application/json, and the members are those of section 2."""
    answer = deployed.metadata()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "resource": deployed.resource,
        "authorization_servers": [deployed.issuer.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["mcp:tools"],
    }


def test_the_documents_resource_is_the_url_that_was_asked(deployed: Deployed) -> None:
    """Section 3.3: identical to the URL by which the client made the request."""
    assert deployed.metadata().json()["resource"] == deployed.call().url


def test_the_resource_is_an_https_url_without_a_fragment(deployed: Deployed) -> None:
    """Section 1.2."""
    found = urlsplit(deployed.metadata().json()["resource"])
    assert (found.scheme, found.fragment) == ("https", "")


def test_no_list_in_the_document_is_empty(deployed: Deployed) -> None:
    """Section 3.2: parameters with no elements are left out."""
    assert all(deployed.metadata().json().values())


def test_the_document_is_where_a_client_looks_that_has_no_header(deployed: Deployed) -> None:
    """Section 3.1: the well-known path before the resource's; MCP: else at the root."""
    named = deployed.metadata().json()
    for url in (f"{deployed.domain.url}{WELL_KNOWN}/mcp", f"{deployed.domain.url}{WELL_KNOWN}"):
        answer = deployed.get(url)
        assert (answer.status_code, answer.json()) == (200, named)


def test_the_authorization_servers_own_metadata_names_itself(deployed: Deployed) -> None:
    """RFC 8414, section 3.3, by which a client finds the endpoints; MCP asks for PKCE with S256 there."""
    (server,) = deployed.metadata().json()["authorization_servers"]
    url = f"{server}/.well-known/openid-configuration"
    found = requests.get(url, verify=str(deployed.issuer.authority_file), timeout=60).json()
    assert found["issuer"] == server
    assert "S256" in found["code_challenge_methods_supported"]


def test_an_unknown_route_is_no_challenge(deployed: Deployed) -> None:
    assert "WWW-Authenticate" not in deployed.get(f"{deployed.domain.url}/nothing").headers


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_server_without_sessions_has_no_stream_to_open_and_none_to_end(deployed: Deployed, method: str) -> None:
    """MCP, basic/transports/streamable-http: the endpoint takes POST; clients of older revisions look for a 405."""
    headers = {"Authorization": f"Bearer {deployed.token()}", "Accept": "text/event-stream"}
    verify = str(deployed.authority_file)
    answer = requests.request(method, deployed.resource, headers=headers, verify=verify, timeout=60)
    assert answer.status_code == 405


# At an execute-api URL: the last of the tests, for it deploys the API there


def test_below_a_stage_the_client_follows_the_header_to_the_document(deployed: Deployed) -> None:
    domain, applied = deployed.domain, deployed.applied
    arguments = [argument for argument in applied.arguments if not argument.startswith("-var=resource=")]
    applied.workspace.apply(*arguments, f"-var=resource={domain.url}/{STAGE}/mcp", f"-var=base_path={STAGE}")
    domain.base_path = STAGE
    url = f"{domain.url}/{STAGE}/mcp"
    outside = deployed.get(f"{domain.url}{WELL_KNOWN}/{STAGE}/mcp")
    assert outside.status_code == 403, "the path form of section 3.1 lies outside the stage"

    async def use(connected: Connected) -> tuple[dict[str, Any], list[tuple[str, int]]]:
        answer = await connected.client.call_tool("whoami", {})
        assert answer.structured_content is not None
        return answer.structured_content, list(connected.statuses)

    answer, statuses = connect(deployed, url, registered(), Person(deployed.issuer), use)
    assert statuses[:2] == [(f"POST {url}", 401), (f"GET {domain.url}/{STAGE}{WELL_KNOWN}", 200)]
    assert answer["principal"] == "alice"
