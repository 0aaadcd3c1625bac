"""A real OpenID provider on loopback, with TLS: `running` installs it when needed, starts it and stops it."""

import base64
import contextlib
import http.client
import json
import re
import select
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import trustme

from tests import npm

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
AUDIENCE = "orders"
MCP_CLIENT = "mcp-client"
MCP_REDIRECT = "http://127.0.0.1:3030/callback"

_SOURCES = Path(__file__).parent
_PATIENCE_SECONDS = 30


class ProviderError(Exception):
    """The provider cannot be installed, started or used; the message says why and what to do."""


class Provider:
    """A running provider: `issuer` is its URL, `authority_file` the certificate authority to trust it by."""

    def __init__(self, process: "subprocess.Popen[str]", issuer: str, authority_file: Path) -> None:
        self.issuer = issuer
        self.authority_file = authority_file
        self._process = process

    def mint(self, algorithm: str, *, certificate: Path | None = None, **claims: Any) -> str:
        """An access token by the client credentials grant (RFC 6749, section 4.4), as a JWT (RFC 9068).

        Takes one of ALGORITHMS, and claims to lay over the token's own; None takes a claim away. The audience is
        AUDIENCE and the subject the client: `tests`, or with a file of a certificate and its key in PEM `bound`, whose
        tokens are bound to that certificate (RFC 8705, section 3). Raises ProviderError.
        """
        client = "bound" if certificate else "tests"
        form = {"grant_type": "client_credentials", "resource": f"https://orders.example.com/{algorithm}"}
        headers = {
            "Authorization": "Basic " + base64.b64encode(f"{client}:loopback+only".encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Claims": base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("="),
        }
        address = urlsplit(self.issuer)
        tls = ssl.create_default_context(cafile=str(self.authority_file))
        if certificate:
            tls.load_cert_chain(certificate)
        connection = http.client.HTTPSConnection(
            str(address.hostname), address.port, timeout=_PATIENCE_SECONDS, context=tls
        )
        with contextlib.closing(connection):
            connection.request("POST", "/token", urlencode(form), headers)
            response = connection.getresponse()
            body = response.read()
        if response.status != 200:
            raise ProviderError(f"the OpenID provider minted no token: {response.status} {body.decode()}")
        return str(json.loads(body)["access_token"])

    def consent(self, authorization_url: str) -> str:
        """Sign in as `alice` and consent to what a client asks for, as a person at a browser does.

        Takes the authorization request (RFC 6749, section 4.1.1); returns the URL that the browser is sent back
        to. Raises ProviderError.
        """
        with requests.Session() as browser:
            browser.verify, browser.trust_env = str(self.authority_file), False
            answer = browser.get(authorization_url, allow_redirects=False, timeout=_PATIENCE_SECONDS)
            for _ in range(10):
                if answer.is_redirect:
                    location = urljoin(answer.url, answer.headers["Location"])
                    if not location.startswith(f"{self.issuer}/"):
                        return location
                    answer = browser.get(location, allow_redirects=False, timeout=_PATIENCE_SECONDS)
                    continue
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                if answer.status_code != 200 or prompt is None:
                    break
                form = {"prompt": prompt[1], "login": "alice", "password": "any"}
                answer = browser.post(answer.url, form, allow_redirects=False, timeout=_PATIENCE_SECONDS)
        raise ProviderError(f"the OpenID provider did not send the browser back: {answer.status_code} {answer.text}")

    def rotate(self) -> None:
        """Sign with new keys from now on; those of the last generation stay published, older ones do not."""
        assert self._process.stdin
        self._process.stdin.write("rotate\n")
        self._process.stdin.flush()
        if _line(self._process) != "rotated":
            raise ProviderError("the OpenID provider did not rotate its keys")


@contextlib.contextmanager
def running() -> Iterator[Provider]:
    """A provider on a free port of 127.0.0.1, for as long as the context lasts. Raises ProviderError."""
    try:
        node, installation = npm.program("node"), npm.installed(_SOURCES, ["main.js"])
    except npm.NpmError as error:
        raise ProviderError(str(error)) from None
    with tempfile.TemporaryDirectory(prefix="openid-provider-") as temporary:
        folder = Path(temporary)
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
        with (folder / "chain.pem").open("wb") as chain:
            chain.writelines(blob.bytes() for blob in certificate.cert_chain_pems)
        with (folder / "log").open("w+") as log:
            process = subprocess.Popen(
                [node, "main.js", str(folder / "chain.pem"), str(folder / "key.pem")],
                cwd=installation,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            with _stopped_in_the_end(process):
                issuer = _line(process)
                if not issuer.startswith("https://"):
                    raise ProviderError(f"the OpenID provider did not start: {(folder / 'log').read_text()}")
                yield Provider(process, issuer, folder / "authority.pem")


@contextlib.contextmanager
def _stopped_in_the_end(process: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _line(process: "subprocess.Popen[str]") -> str:
    """The next line of its output; nothing when it ends or takes too long. It never writes two lines unasked."""
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], _PATIENCE_SECONDS)
    return process.stdout.readline().strip() if ready else ""
