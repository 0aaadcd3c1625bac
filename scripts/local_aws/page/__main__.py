"""Serve the page of the stack in a folder: ``python -m scripts.local_aws.page <folder> <port>``; `make up` starts it.

Prints the page's one-time URL as the first line, and serves until it is interrupted, or until its starter ends without
having said that it shall stay.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from pathlib import Path

from scripts.local_aws.companion import exit_with_parent
from scripts.local_aws.page.server import Server
from scripts.local_aws.page.views import Views


def main(folder: str, port: str) -> int:
    """Serve; returns the exit code, which is 1 when the port cannot be had."""
    threading.Thread(target=exit_with_parent, daemon=True).start()
    try:
        server = Server(int(port), Views(Path(folder)).by_path())
    except OSError as error:
        print(f"port {port} cannot be had ({error.strerror})", file=sys.stderr)
        return 1
    print(server.application.url, flush=True)
    with suppress(KeyboardInterrupt), server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
