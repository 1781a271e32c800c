"""hello-server: the small web application that the workshop takes through its pipelines."""

import json
import os
import signal
import socket
import socketserver
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GREETING = "Hello"

FORMAT = os.environ.get("GREETING_FORMAT", "{greeting} {name}")
"""How an answer is put together: configuration of a place, not of a version."""

VERSION = os.environ.get("APP_VERSION", "unversioned")
"""The commit that the image was built from, baked in by the Dockerfile."""


def hello(path: str) -> tuple[int, str]:
    """Return the status and the text that answer a path."""
    if path == "/ping":
        return 200, "ok\n"
    name = path.removeprefix("/hello/")
    if name and name != path:
        return 200, FORMAT.format(greeting=GREETING, name=urllib.parse.unquote(name)) + "\n"
    return 404, f"There is nothing at {path}; try /hello/your-name\n"


def answer(path: str) -> tuple[int, str]:
    """Return what `hello` does; a mistake in the format is an error, and a line in the log."""
    try:
        return hello(path)
    except (IndexError, KeyError, ValueError) as error:
        print(f"{path}: {type(error).__name__}: {error}", flush=True)
        return 500, "Something went wrong here.\n"


def task_id() -> str:
    """Return the id of the ECS task that this process runs in, or the host's name elsewhere.

    Source: Amazon ECS task metadata endpoint version 4.
    """
    endpoint = os.environ.get("ECS_CONTAINER_METADATA_URI_V4")
    if not endpoint:
        return socket.gethostname()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{endpoint}/task", timeout=5) as answer:
        return json.load(answer)["TaskARN"].rsplit("/", 1)[-1]


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD, saying which version and which task answered."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        status, text = answer(urllib.parse.urlsplit(self.path).path)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Hello-Version", VERSION)
        self.send_header("X-Hello-Task", self.server.task_id)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, template: str, *values: object) -> None:
        """Log every request but health checks that passed, of which there are many."""
        passed = getattr(self, "path", None) == "/ping" and "200" in map(str, values)
        if not passed:
            print(template % values, flush=True)


class Server(ThreadingHTTPServer):
    """Serves until it is told to stop, and finishes the requests that it has begun."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.task_id = task_id()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name, as HTTPServer would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def process_request(self, request: socket.socket, client_address: object) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_kept_connections(self) -> None:
        """Read no further request from anybody; an answer under way is still written."""
        with self._lock:
            for connection in self._connections:
                connection.shutdown(socket.SHUT_RD)


def main() -> None:
    port = int(os.environ.get("PORT", "80"))
    server = Server(os.environ.get("HOST", ""), port)

    def stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"hello-server {VERSION} listens on port {port}", flush=True)
    server.serve_forever()
    server.close_kept_connections()
    server.server_close()
    print("hello-server has stopped", flush=True)


if __name__ == "__main__":
    main()
