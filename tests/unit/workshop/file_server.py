"""Files over HTTP on loopback, with ranges, and with connections that end too early."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer:
    """Shape: `files` by path; `ranges` are the Range headers that came."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges: list[str] = []
        self.cut_after_bytes: int | None = None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FileServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = self.files.get(request.path)
        if body is None:
            request.send_error(404)
            return
        start = 0
        wanted = request.headers.get("Range")
        if wanted:
            self.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        request.send_response(206 if wanted else 200)
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        is_cut = self.cut_after_bytes is not None and request.path.endswith(".zip")
        request.wfile.write(body[start : self.cut_after_bytes if is_cut else None])
