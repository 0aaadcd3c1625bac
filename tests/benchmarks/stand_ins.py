"""What contestants fetch from: a key server and the parts of AWS, by one HTTPS server on loopback."""

import json
import os
import ssl
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme

from tests.benchmarks import tokens

REGION = "eu-west-1"
SECRET_NAME = "login/token-signing"
TABLE = "login-denylist"
_SERVICES = ("secretsmanager", "ssm", "dynamodb")
_NAMES = Path(__file__).parent / "names"


class StandIns:
    """One server that answers as a key server, Secrets Manager, Parameter Store and DynamoDB do.

    `by_url` is the environment of a contestant that fetches from `url`, `by_aws` that of one that calls AWS under its
    own host names. Both trust the authorities of this system and the server's, from one file, so that everybody reads
    as many certificates as on Lambda.
    """

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        authority = trustme.CA()
        authorities = Path(self._folder.name, "authorities.pem")
        authorities.write_bytes(_authorities_of_this_system() + authority.cert_pem.bytes())
        self.authority = Path(self._folder.name, "authority.pem")
        self.authority.write_bytes(authority.cert_pem.bytes())
        self._server = _Server(authority.issue_cert("localhost", *(f"{s}.{REGION}.amazonaws.com" for s in _SERVICES)))
        port = self._server.server_address[1]
        self.url = f"https://localhost:{port}"
        self._server.documents = {
            "/jwks.json": {**jwks},
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/jwks.json"},
        }
        self.by_url = {"SSL_CERT_FILE": str(authorities)}
        self.by_aws = {
            **self.by_url,
            "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "AWS_DEFAULT_REGION": REGION,
            "HOME": self._folder.name,
            "PYTHONPATH": str(_NAMES),
            "STAND_IN_PORT": str(port),
        }
        # boto3 has authorities of its own, and takes others by this name alone.
        self.by_boto3 = {**self.by_aws, "AWS_CA_BUNDLE": str(authorities)}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()


def _authorities_of_this_system() -> bytes:
    paths = ssl.get_default_verify_paths()
    file = os.environ.get(paths.openssl_cafile_env) or paths.cafile
    return Path(file).read_bytes() if file else b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    documents: Mapping[str, Any]

    def __init__(self, certificate: trustme.LeafCert) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(tls)
        # The handshake is the connection's own thread's.
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a process that is killed when it has answered resets its connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer as a key server."""
        assert isinstance(self.server, _Server)
        document = self.server.documents.get(self.path)
        self._send(404 if document is None else 200, document)

    def do_POST(self) -> None:
        """Answer as AWS."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(*aws(self.headers["X-Amz-Target"].partition(".")[2], request))

    def _send(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def aws(operation: str, request: Mapping[str, Any]) -> tuple[int, Any]:
    """The status and document of AWS: a secret that was never rotated, a parameter, and an empty table."""
    if operation == "GetSecretValue":
        if request.get("VersionStage", "AWSCURRENT") != "AWSCURRENT":
            return 400, {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the secret."}
        return 200, {"Name": SECRET_NAME, "SecretString": tokens.SECRET, "VersionStages": ["AWSCURRENT"]}
    if operation == "GetParameter":
        return 200, {"Parameter": {"Name": SECRET_NAME, "Type": "SecureString", "Value": tokens.SECRET}}
    if operation == "GetItem":
        return 200, {}
    return 200, {"Responses": {name: [] for name in request["RequestItems"]}, "UnprocessedKeys": {}}
