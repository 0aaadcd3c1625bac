"""MiniStack with our patches, which ends with the process that started it: ``python -m scripts.local_aws.launcher``."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from scripts.local_aws import patches

STAY = b"stay"
"""What a starter writes to standard input for MiniStack to outlive it."""


def exit_with_parent() -> None:
    """End this process and its workers when the starter ends without having said ``stay``."""
    # Not sys.stdin: a thread that waits in it keeps the interpreter from ending.
    if os.read(sys.stdin.fileno(), len(STAY)) == STAY:
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Run MiniStack; it is configured by its own environment variables."""
    threading.Thread(target=exit_with_parent, daemon=True).start()
    from ministack.app import main as serve

    patches.patch_all()
    serve()


if __name__ == "__main__":
    main()
