"""Mirrors on this machine: one serves files as it should, the others misbehave in all the ways that mirrors do.

The first part of a path names the behaviour, the last the file: ``http://127.0.0.1:PORT/stalled/NAME``.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import socketserver
import threading
from http.server import BaseHTTPRequestHandler


class Server(socketserver.ThreadingTCPServer):
    """A server of ``files`` (name → bytes) that writes down each request as (behaviour, name, Range header)."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, files: dict[str, bytes]):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.requests = files, []
        self.closing = threading.Event()  # ends those that stall

    def mirror(self, behaviour: str) -> str:
        """The address of a folder of files that is served with this behaviour."""
        return f"http://127.0.0.1:{self.server_address[1]}/{behaviour}/"

    def asked(self, behaviour: str) -> list[str | None]:
        """The Range headers of the requests for this behaviour, in their order."""
        return [extent for name, _, extent in self.requests if name == behaviour]

    def handle_error(self, request, client_address):
        """A client that goes away in the middle is what we test, and no error."""


@contextlib.contextmanager
def serving(files: dict[str, bytes]):
    """A running server, in a thread of this process."""
    with Server(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request. A behaviour is a method; ``self.body`` is the file, ``self.start`` where its client goes on."""

    def do_GET(self):
        behaviour, name = re.fullmatch(r"/([^/]+)/(.+)", self.path).groups()
        extent = self.headers.get("Range")
        self.server.requests.append((behaviour, name, extent))
        self.body = self.server.files[name]
        self.start = int(re.fullmatch(r"bytes=(\d+)-", extent)[1]) if extent else 0
        self.tries = len(self.server.asked(behaviour))
        if re.fullmatch(r"\d+", behaviour):
            self.answer(int(behaviour), b"no")
        else:
            getattr(self, behaviour)()

    def answer(self, status: int, body: bytes, **headers: str):
        """A whole answer, or a part of one if ``length`` promises more."""
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for key, value in headers.items():
            if value:
                self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def rest(self, body: bytes | None = None, sent: int | None = None):
        """What the client lacks, as servers send it that know Range; only ``sent`` bytes of it really come."""
        body = self.body if body is None else body
        if self.start >= len(body):
            return self.answer(416, b"", Content_Range=f"bytes */{len(body)}")
        rest = body[self.start :]
        extent = f"bytes {self.start}-{len(body) - 1}/{len(body)}" if self.start else ""
        return self.answer(206 if self.start else 200, rest[:sent], Content_Length=str(len(rest)), Content_Range=extent)

    def good(self):
        """Serves the file, or the part of it that is asked for."""
        self.rest()

    def whole(self):
        """Knows no Range: always sends the whole file."""
        self.answer(200, self.body)

    def half(self):
        """Closes the connection half-way through what is left, but goes on where it stopped."""
        self.rest(sent=(len(self.body) - self.start + 1) // 2)

    def broken_once(self):
        """The first time, closes the connection half-way."""
        self.half() if self.tries == 1 else self.good()

    def broken_once_whole(self):
        """The first time, closes the connection half-way, and knows no Range."""
        self.half_whole() if self.tries == 1 else self.whole()

    def half_whole(self):
        """Closes the connection half-way and knows no Range, so it never gets further."""
        self.answer(200, self.body[: len(self.body) // 2], Content_Length=str(len(self.body)))

    def unannounced_half(self):
        """Sends half, and does not tell how much there is."""
        self.answer(200, self.body[: len(self.body) // 2], Content_Length="")

    def unannounced(self):
        """Sends everything, and does not tell how much there is."""
        self.answer(200, self.body, Content_Length="")

    def corrupt(self):
        """One bit in the middle is wrong."""
        middle = len(self.body) // 2
        self.rest(self.body[:middle] + bytes([self.body[middle] ^ 1]) + self.body[middle + 1 :])

    def corrupt_once(self):
        """One bit is wrong, the first time."""
        self.corrupt() if self.tries == 1 else self.good()

    def page(self):
        """Answers 200 with a page that asks to log in, as hotels do."""
        self.answer(200, b"<html>Please accept our terms</html>")

    def other(self):
        """A valid file, of something else."""
        self.answer(200, gzip.compress(b"\0\0\x08\x01\0\0\0\x02ab"))

    def raw(self):
        """Serves the file unpacked under its packed name, as some clouds do for those who accept no gzip."""
        self.rest(gzip.decompress(self.body))

    def repacked(self):
        """The same content, compressed in another way."""
        self.rest(gzip.compress(gzip.decompress(self.body), 1, mtime=1))

    def shifted(self):
        """Answers a request for the rest with another part than it was asked for."""
        if not self.start:
            return self.half()
        rest = self.body[self.start - 1 :]
        extent = f"bytes {self.start - 1}-{len(self.body) - 1}/{len(self.body)}"
        return self.answer(206, rest, Content_Range=extent)

    def endless(self):
        """Sends far more than it should, and does not tell how much."""
        self.answer(200, b"", Content_Length="")
        for _ in range(200):
            self.wfile.write(bytes(1 << 16))

    def silent(self):
        """Takes the connection and says nothing."""
        self.server.closing.wait()

    def stalled(self):
        """Says nothing more after half of the file."""
        self.rest(sent=(len(self.body) - self.start + 1) // 2)
        self.server.closing.wait()

    def drip(self):
        """Sends a byte now and then, so that no single wait is long; after five seconds it gives up."""
        self.answer(200, b"", Content_Length=str(len(self.body)))
        for byte in self.body[:100]:
            if self.server.closing.wait(0.05):
                return
            self.wfile.write(bytes([byte]))

    def slow(self):
        """Sends steadily, some 200 kB a second: a download during which things can happen."""
        rest = self.body[self.start :]
        extent = f"bytes {self.start}-{len(self.body) - 1}/{len(self.body)}" if self.start else ""
        self.answer(206 if self.start else 200, b"", Content_Length=str(len(rest)), Content_Range=extent)
        for first in range(0, len(rest), 2048):
            if self.server.closing.wait(0.01):
                return
            self.wfile.write(rest[first : first + 2048])

    def flaky(self):
        """Fails twice, then serves."""
        self.answer(503, b"busy") if self.tries <= 2 else self.good()

    def moved(self):
        """Sends its clients elsewhere."""
        self.answer(302, b"", Location=self.path.replace("/moved/", "/good/"))

    def garbage(self):
        """Answers with something that is not HTTP."""
        self.wfile.write(b"\0\1\2 what?\r\n\r\n")

    def log_message(self, *args):
        """Says nothing on the terminal."""
