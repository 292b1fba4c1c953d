"""Kernels for tests: however many start at once, none can be given the address of another.

jupyter_client chooses five free TCP ports and lets go of them, and the kernel takes them again a moment later. Kernels
that start at the same time in several processes, as under ``pytest -n``, are now and then given the same port. One of
them then ends or, where the port was iopub's, stays alive and mute: every cell fails after a minute. Sockets that are
files have names that nobody else has.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from jupyter_client.manager import KernelManager
from traitlets import HasTraits, default

LONGEST = 103
"""Bytes of a socket's path: as macOS has it, the shortest."""


class OwnSockets(HasTraits):
    """For a KernelManager: reach the kernel by sockets that are files, which are removed as it ends.

    They lie in the temporary folder, as a socket's path must be short. Where even that is long, and on Windows, where
    ZeroMQ has no such sockets, nothing changes.
    """

    @default("transport")
    def _own_transport(self):
        room = LONGEST - len(f"/kernel-{'0' * 12}-5")
        return "tcp" if os.name == "nt" or len(os.fsencode(tempfile.gettempdir())) > room else "ipc"

    @default("ip")
    def _own_address(self):
        """What the files' names begin with."""
        if self.transport == "tcp":
            return super()._ip_default()
        return str(Path(tempfile.gettempdir()) / f"kernel-{secrets.token_hex(6)}")


class OwnKernelManager(OwnSockets, KernelManager):
    """What nbval is given in the place of jupyter_client's class."""
