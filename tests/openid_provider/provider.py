"""A real OpenID provider on loopback, with TLS: `running` installs it when needed, starts it and stops it."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import re
import select
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import trustme

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
AUDIENCE = "orders"
MCP_CLIENT = "mcp-client"
MCP_REDIRECT = "http://127.0.0.1:3030/callback"

_SOURCES = Path(__file__).parent
_INSTALLATIONS = _SOURCES.parents[1] / ".local/openid-provider"
_FILES = (".npmrc", "main.js", "package.json", "package-lock.json")
_MINIMUM_NODE = 20
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
    node = _program("node")
    installation = _install()
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


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ProviderError(
            f"{name} is not on the PATH: the tests with a real OpenID provider need Node.js {_MINIMUM_NODE} or newer,"
            " with npm; install it from your system's packages or https://nodejs.org"
        )
    if name == "node":
        version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip()
        release = re.match(r"v(\d+)\.", version)
        if release is None or int(release[1]) < _MINIMUM_NODE:
            raise ProviderError(
                f"{found} is Node.js {version or 'of an unknown release'}; install {_MINIMUM_NODE} or newer"
            )
    return found


def _install() -> Path:
    """The folder that holds the provider with what it needs, installed by npm unless that was done before."""
    contents = {name: (_SOURCES / name).read_bytes() for name in _FILES}
    digest = hashlib.sha256(b"\0".join(contents.values())).hexdigest()
    installation = _INSTALLATIONS / digest[:16]
    if installation.is_dir():
        return installation
    npm = _program("npm")
    _INSTALLATIONS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=_INSTALLATIONS) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        for name, content in contents.items():
            (made / name).write_bytes(content)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, env=_npm_environment())
        if done.returncode:
            complaint = " ".join((done.stderr or done.stdout).split())[:500]
            raise ProviderError(f"npm could not install the OpenID provider; is its registry reachable? {complaint}")
        try:
            made.rename(installation)
        except OSError:
            if not installation.is_dir():  # when it is, another test run was faster
                raise
    return installation


def _npm_environment() -> dict[str, str]:
    """The environment without SSL_CERT_FILE, which tests point at an authority of their own."""
    return {name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"}
