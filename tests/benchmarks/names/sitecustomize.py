"""Lets the host names of AWS lead to the stand-in on loopback, whose port is in the environment.

Python imports it by itself in every contestant that calls AWS, ours and theirs.
"""

import os
import socket

_real = socket.getaddrinfo


def getaddrinfo(host, port, *rest, **more):  # type: ignore[no-untyped-def] # typing is a contestant's to import
    """Look a host up, or the stand-in in its place."""
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.endswith(".amazonaws.com"):
        host, port = "127.0.0.1", int(os.environ["STAND_IN_PORT"])
    return _real(host, port, *rest, **more)


socket.getaddrinfo = getaddrinfo
