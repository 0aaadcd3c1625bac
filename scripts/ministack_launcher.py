"""MiniStack with one thing mended: a function that API Gateway calls by its alias is told so.

On AWS ``context.invoked_function_arn`` is the ARN the caller used, alias included; MiniStack's API Gateway resolves
the alias and hands the function its version's ARN (its own ``Invoke`` is right). The access rules of this project are
told apart by that alias. ``tests/local/test_ministack_launcher.py`` fails when a newer MiniStack needs this no more.
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
from typing import Any

STAY = b"stay"
"""What a starter writes to standard input for MiniStack to outlive it."""


def mend() -> None:
    """Make every caller that names a function by a qualified ARN pass that very ARN on to it."""
    from ministack.services import lambda_svc

    find = lambda_svc._get_func_record_for_ref_in_scope

    @functools.wraps(find)
    def find_as_called(function_ref: str, **scope: Any) -> tuple[Any, Any, str]:
        record, config, name = find(function_ref, **scope)
        if config is not None and function_ref.startswith("arn:") and function_ref.count(":") == 7:
            config = {**config, "FunctionArn": function_ref}
        return record, config, name

    lambda_svc._get_func_record_for_ref_in_scope = find_as_called


def follow_the_starter() -> None:
    """End this process and its workers when the starter ends without having said ``stay``."""
    # Not sys.stdin: a thread that waits in it keeps the interpreter from ending.
    if os.read(sys.stdin.fileno(), len(STAY)) == STAY:
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Run MiniStack; it is configured by its own environment variables."""
    threading.Thread(target=follow_the_starter, daemon=True).start()
    mend()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
