"""Refuses, in every Python process that starts with this folder on PYTHONPATH, what would leave this machine.

The course works without a network, so a test or a chapter that reaches for one must fail, everywhere and not
only where there happens to be none. Chapters run in kernels, which are processes of their own. Hence a
sitecustomize module: each Python imports it as it starts. Its audit hook sees all use of Python's sockets.
"""

import ipaddress
import socket
import sys


def is_here(host):
    """Whether a host (None, a name or an address, str or bytes) means this machine."""
    if isinstance(host, bytes):
        host = host.decode()
    if not isinstance(host, str) or host in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(event, args):
    """The audit hook: raises PermissionError (an OSError, like any failed connection) if it is elsewhere."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # else a Unix socket's path, which is here
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not is_here(host):
        raise PermissionError(f"the course's tests use no network, but something wants to reach {host!r}")


sys.addaudithook(refuse)
