"""A zip that depends on nothing but what is in it.

Entries are compressed: merely stored, they would make a package two and a half times as large, and with it the
download that precedes a cold start. The price is that DEFLATE's output may differ between builds of zlib, and
so may the hash of the zip itself. What Terraform compares is therefore the content hash, which does not. Nor does it
depend on bytecode: a machine without the runtime's Python builds the same function, which starts slower.
"""

from __future__ import annotations

import base64
import hashlib
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, bytes]
"""Contents by name, with ``/`` between folders."""

BYTECODE = ".pyc"

_MODE = stat.S_IFREG | 0o644
_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format can express."""


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files below ``folder``, sorted by name."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return dict(sorted(files.items()))


def write_zip(path: Path, files: Files) -> None:
    """Write the files to a zip, the same to the byte wherever and whenever this is done.

    The format is https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
    """
    with zipfile.ZipFile(path, "x") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # Unix, so that the mode below counts
            entry.external_attr = _MODE << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)


def content_hash(files: Files, runtime: str, architecture: str) -> str:
    """SHA-256, in base64, over the runtime and the architecture, and over each file but the bytecode.

    A file's line is its name, its mode, and the SHA-256 of its content.
    """
    digest = hashlib.sha256(f"{runtime}\0{architecture}\n".encode())
    for name, content in sorted(files.items()):
        if name.endswith(BYTECODE):
            continue
        digest.update(f"{name}\0{_MODE:o}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return base64.b64encode(digest.digest()).decode()
