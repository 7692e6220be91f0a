"""Who may talk to the playground: programs on this machine and its own page, but no other page in somebody's browser.

Its tokens are published defaults, so without this any web page could post to it (a form needs no permission to be
sent), and a page whose name was pointed at this machine (DNS rebinding) could read what is answered.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Guard:
    """ASGI middleware that refuses foreign hosts (unless `allow_remote`) and foreign pages with HTTP 403."""

    def __init__(self, app: ASGIApp, *, allow_remote: bool) -> None:
        self._app = app
        self._allow_remote = allow_remote

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            refusal = self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._allow_remote and not is_loopback(_parts(f"//{host}").hostname or ""):
            return _forbidden("host_not_allowed", "The playground answers on loopback names only.")
        origin = headers.get("origin")
        if origin is not None and _parts(origin).netloc != host:
            return _forbidden("origin_not_allowed", "The playground answers its own page only.")
        # Images and the like have no Origin. Following a link to the page itself is fine from anywhere.
        followed = headers.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith(("/api/", "/control/"))
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not followed:
            return _forbidden("origin_not_allowed", "The playground answers its own page only.")
        return None


def is_loopback(host: str) -> bool:
    """Say whether a host name means this machine and cannot mean another."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(address: str) -> SplitResult:
    """Return an address taken apart; one that cannot be has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _forbidden(error: str, hint: str) -> JSONResponse:
    return JSONResponse({"ok": False, "error": error, "hint": hint}, status_code=403)
