"""A folder such as `make package` leaves, made in an instant: plans depend on the manifest, not on the code."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

HANDLERS = {
    "authorizer": "jwt_authorizer.handler.lambda_handler",
    "authorizer-hmac": "jwt_authorizer.handler.lambda_handler",
    "backend": "backend.handler.lambda_handler",
    "mcp": "mcp_server.handler.lambda_handler",
    "rotation": "rotation.handler.lambda_handler",
}
SCHEMA = Path(__file__).resolve().parents[2] / "functions/authorizer/jwt_authorizer/configuration.schema.json"
CODE = "def lambda_handler(event, context): return {}"


def write(folder: Path, runtime: str = "python3.13") -> Path:
    """Write a zip for each function, and their manifest, for a runtime of Lambda.

    Returns the manifest's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    functions: dict[str, dict[str, Any]] = {}
    for name, handler in HANDLERS.items():
        file = folder / f"{name}.zip"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(f"{handler.rsplit('.', 1)[0].replace('.', '/')}.py", CODE)
        functions[name] = {
            "file": file.name,
            "content_hash": _hash(CODE.encode()),
            "sha256": _hash(file.read_bytes()),
            "handler": handler,
            "runtime": runtime,
            "architecture": "arm64",
        }
        if handler.startswith("jwt_authorizer."):
            functions[name]["configuration_schema"] = json.loads(SCHEMA.read_text())
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"format": 1, "target": "aws", "functions": functions}))
    return manifest


def statements(policy: str) -> dict[str, Any]:
    """A policy's statements by their ids; its `Version` has to be the current one."""
    document = json.loads(policy)
    assert document["Version"] == "2012-10-17"
    return {statement["Sid"]: statement for statement in document["Statement"]}


def _hash(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
