"""HTTP mode: envelopes posted to the app's request URL, signed as Slack signs them."""

import asyncio
import hashlib
import hmac
import json
import logging
import urllib.error
import urllib.request
from urllib.parse import urlencode

from bot.playground.delivery import Delivery
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.ids import Clock
from bot.playground.traffic import Traffic

logger = logging.getLogger(__name__)


class HttpLink:
    """A link that posts. An answer with HTTP 200 is the acknowledgement, its JSON what comes with it."""

    def __init__(
        self,
        url: str,
        *,
        signing_secret: str,
        delivery: Delivery,
        traffic: Traffic,
        now: Clock,
        timeout_s: float,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise SlackError("invalid_arguments", "request_url is an http address.")
        self.url = url
        self._secret = signing_secret.encode()
        self._delivery = delivery
        self._traffic = traffic
        self._now = now
        self._timeout_s = timeout_s
        self._running: set[asyncio.Task[None]] = set()

    async def verify(self) -> None:
        """Ask the app for the challenge back, as Slack does; raises SlackError `url_verification_failed`."""
        body = json.dumps({"token": "playground", "challenge": "prove-you-listen", "type": "url_verification"})
        status, answer = await asyncio.to_thread(self._post, body.encode(), "application/json", {})
        if status != 200 or "prove-you-listen" not in answer:
            hint = f"{self.url} did not answer the challenge (HTTP {status}). Is the app running?"
            raise SlackError("url_verification_failed", hint)

    def put(self, frame: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._send(frame))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def warn(self, reason: str) -> None:
        """Do nothing: there is no connection to warn about."""

    def end(self) -> None:
        """Do nothing: there is no connection to cut."""

    async def _send(self, frame: Json) -> None:
        payload = frame["payload"]
        headers = {}
        if frame.get("retry_attempt"):
            headers = {"X-Slack-Retry-Num": str(frame["retry_attempt"]), "X-Slack-Retry-Reason": "http_timeout"}
        if frame["type"] == "events_api":
            body, content_type = json.dumps(payload), "application/json"
        else:
            fields = payload if frame["type"] == "slash_commands" else {"payload": json.dumps(payload)}
            body, content_type = urlencode(fields), "application/x-www-form-urlencoded"
        status, answer = await asyncio.to_thread(self._post, body.encode(), content_type, headers)
        self._traffic.record("to_bot", "http", frame["type"], frame, answer={"text": answer}, status=status)
        if status == 200:
            self._delivery.acknowledge(frame["envelope_id"], _as_json(answer))

    def _post(self, body: bytes, content_type: str, headers: dict[str, str]) -> tuple[int, str]:
        """Return status and body of the app's answer; status 0 when it could not be reached."""
        signed = {"Content-Type": content_type, **signature_headers(self._secret, body, int(self._now().timestamp()))}
        request = urllib.request.Request(self.url, data=body, headers=signed | headers)  # noqa: S310  checked above
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310  checked above
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as err:
            with err:
                return err.code, err.read().decode(errors="replace")
        except OSError as err:
            logger.info("The app's request URL could not be reached: %s", err)
            return 0, ""


def signature_headers(secret: bytes, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the two headers by which an app knows that a request is Slack's."""
    digest = hmac.new(secret, b"v0:%d:%b" % (timestamp, body), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _as_json(text: str) -> Json | None:
    if not text.strip():
        return None
    try:
        answer = json.loads(text)
    except ValueError:
        return {"text": text}
    return answer if isinstance(answer, dict) else None
