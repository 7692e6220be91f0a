"""A web server whose pages a test writes."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

Headers = dict[str, str]


@dataclass
class Page:
    """What is answered at a path. `send` writes the body itself."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Headers = field(default_factory=dict)
    send: Callable[[Callable[[bytes], object]], None] | None = None


class Web:
    """Answers on a free port of this machine; `asked` holds the path and headers of each request, robots.txt aside."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, Headers]] = []
        self.asked_for_rules = 0
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/robots.txt":
                    web.asked_for_rules += 1
                else:
                    web.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                page = web.pages.get(self.path, Page(b"no", status=404))
                etag = page.headers.get("ETag")
                is_known = etag is not None and self.headers.get("If-None-Match") == etag
                self.send_response(304 if is_known else page.status)
                for name, value in {"Content-Type": page.content_type, **page.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if page.send:
                    page.send(self._write)
                elif not is_known:
                    self.wfile.write(page.body)

            def _write(self, part: bytes) -> None:
                self.wfile.write(part)
                self.wfile.flush()

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):  # the other side had enough
                    super().handle()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in http.server)
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._server.server_address[1]}{path}"
