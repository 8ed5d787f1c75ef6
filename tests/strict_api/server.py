"""Sockets: a loopback server with keep-alive and chunked bodies, which sends what the service decides.

Owns connections and threads and nothing of the API. Nothing outlives `stop`: waiting answers end, connections are cut
and their threads joined.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, assert_never

from .recorded import Recorded
from .replies import Action, HangUp, Hold, Open, Send, Sleep, Wait
from .script import Script
from .service import Credential, Response, Service
from .tables import MAXIMUM_BODY_BYTES, MODELS, ModelRow

_TICK = 0.01
"""Seconds between two looks at whether the client is still there."""


class StrictApi:
    """The stand-in at work: `with StrictApi([say("Done.")]) as api:` and point a client at `api.url` with `api.key`.

    `credential` names the header that must carry the key: `authorization` (as a bearer), or `x-api-key` as behind some
    gateways. `models` replaces the table, for an id that it does not have.
    """

    def __init__(
        self,
        script: Script,
        *,
        key: str = "key-for-tests",
        credential: str = "authorization",
        models: Mapping[str, ModelRow] = MODELS,
        port: int = 0,
    ) -> None:
        self.key = key
        self.service = Service(script, Credential(key, credential), models)
        self._server = _Server(self.service, port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": _TICK})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[Recorded]:
        """Everything that came, in order, refused or not."""
        return self.service.requests

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the requests for an answer that were taken."""
        taken = [each for each in self.requests if each.path.split("?")[0] == "/v1/messages" and not each.refusal]
        return [each.body for each in taken if each.body is not None]

    @property
    def refusals(self) -> list[str]:
        return [each.refusal for each in self.requests if each.refusal is not None]

    @property
    def failures(self) -> list[str]:
        """Faults of the test: a script that ended too early, or raised."""
        return self.service.failures

    def __enter__(self) -> StrictApi:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections.discard(request)
        if request in self._resets:
            self._resets.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes is no fault; anything else is one of the test."""
        fault = sys.exception()
        if fault is not None and not isinstance(fault, OSError):
            self.service.failures.append("".join(traceback.format_exception(fault)))

    def reset(self, connection: socket.socket) -> None:
        """Cuts a connection so that the client sees a reset instead of an end."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._resets.add(connection)

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        with self._guard:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _ClientGone(Exception):
    """The connection is over, by the client's will or the script's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Silent: tests read `requests` instead."""

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        recorded = Recorded(self.command, self.path, headers)
        raw = self._read_body()
        response = self.server.service.receive(recorded, raw)
        try:
            for action in response.actions:
                self._act(action, response)
            self.wfile.write(b"0\r\n\r\n")
        except (_ClientGone, OSError) as end:
            self.close_connection = True
            if not isinstance(end, _Dropped) and not self.server.stopping.is_set():
                recorded.mark_closed()

    def _read_body(self) -> bytes | None:
        """None for a body over the limit, which is read to its end all the same so that the answer arrives."""
        length = int(self.headers.get("content-length", "0"))
        if length <= MAXIMUM_BODY_BYTES:
            return self.rfile.read(length)
        while length > 0:
            length -= len(self.rfile.read(min(length, 1 << 20))) or length
        return None

    def _act(self, action: Action, response: Response) -> None:
        match action:
            case Open():
                self._open(response)
            case Send(data):
                self._check_client()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            case Sleep(seconds):
                self._sleep(seconds)
            case Wait(hold):
                self._wait(hold)
            case HangUp(how):
                self._hang_up(how)
            case _:
                assert_never(action)

    def _open(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._check_client()
            time.sleep(min(left, _TICK))

    def _wait(self, hold: Hold) -> None:
        hold.reached.set()
        while not hold.released.wait(_TICK):
            self._check_client()

    def _check_client(self) -> None:
        if self.server.stopping.is_set():
            raise _ClientGone
        readable, _, _ = select.select([self.connection], [], [], 0)
        if readable and self.connection.recv(1, socket.MSG_PEEK) == b"":
            raise _ClientGone

    def _hang_up(self, how: str) -> None:
        if how == "rst":
            self.server.reset(self.connection)
        raise _Dropped


class _Dropped(_ClientGone):
    """The script ended the connection."""
