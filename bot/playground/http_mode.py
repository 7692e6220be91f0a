"""HTTP mode: envelopes posted to the app's request URL, signed as Slack signs them."""

import asyncio
import hashlib
import hmac
import json
import logging
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlencode

from bot.playground.arguments import strict_json
from bot.playground.delivery import Delivery
from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.ids import Clock
from bot.playground.traffic import Traffic

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the app answered. `failure` is Slack's word for an answer that never came."""

    status: int
    text: str
    wants_no_retry: bool = False
    failure: str = "http_error"


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
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise SlackError("invalid_arguments", "request_url is an http address.")
        self.url = url
        self._secret = signing_secret.encode()
        self._delivery = delivery
        self._traffic = traffic
        self._now = now
        self._running: set[asyncio.Task[None]] = set()

    async def verify(self) -> None:
        """Ask the app for the challenge back, as Slack does; raises SlackError `url_verification_failed`."""
        body = json.dumps({"token": "playground", "challenge": "prove-you-listen", "type": "url_verification"})
        answer = await asyncio.to_thread(self._post, body.encode(), "application/json", {})
        if answer.status != 200 or "prove-you-listen" not in answer.text:
            raise SlackError("url_verification_failed", f"{self.url} {_what_went_wrong(answer)}")

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
            reason = "http_timeout" if frame["retry_reason"] == "timeout" else frame["retry_reason"]
            headers = {"X-Slack-Retry-Num": str(frame["retry_attempt"]), "X-Slack-Retry-Reason": reason}
        if frame["type"] == "events_api":
            body, content_type = json.dumps(payload), "application/json"
        else:
            fields = payload if frame["type"] == "slash_commands" else {"payload": json.dumps(payload)}
            body, content_type = urlencode(fields), "application/x-www-form-urlencoded"
        answer = await asyncio.to_thread(self._post, body.encode(), content_type, headers)
        self._traffic.record("to_bot", "http", frame["type"], frame, answer={"text": answer.text}, status=answer.status)
        if 200 <= answer.status < 300:
            self._delivery.acknowledge(frame["envelope_id"], _as_json(answer.text))
        elif answer.failure != "http_timeout":  # that one is noticed where acknowledgements are waited for
            self._delivery.refuse(frame["envelope_id"], answer.failure, again=not answer.wants_no_retry)

    def _post(self, body: bytes, content_type: str, headers: dict[str, str]) -> Answer:
        """Return the app's answer; its status is 0 when it could not be reached or took too long."""
        signed = {"Content-Type": content_type, **signature_headers(self._secret, body, int(self._now().timestamp()))}
        request = urllib.request.Request(self.url, data=body, headers=signed | headers)  # noqa: S310  checked above
        try:
            with urllib.request.urlopen(request, timeout=self._delivery.timings.ack_timeout) as answer:  # noqa: S310  checked above
                return Answer(answer.status, answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as err:
            with err:
                unwanted = err.headers.get("X-Slack-No-Retry") == "1"
                return Answer(err.code, err.read().decode(errors="replace"), unwanted)
        except (OSError, HTTPException, ValueError) as err:
            logger.info("The app's request URL could not be reached: %s", err)
            timed_out = isinstance(err, TimeoutError) or isinstance(getattr(err, "reason", None), TimeoutError)
            return Answer(0, "", failure="http_timeout" if timed_out else "connection_failed")


def _what_went_wrong(answer: Answer) -> str:
    if answer.failure == "http_timeout":
        return "took too long to answer the challenge. Start the bot first; it answers at once."
    if answer.status == 0:
        return "could not be reached. Start the bot first: it has to listen there before it is made known."
    if answer.status == 200:
        return "answered without the challenge. Is it the path where the bot takes events?"
    return f"answered the challenge with HTTP {answer.status}. Is it the right path, and the right signing secret?"


def signature_headers(secret: bytes, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the two headers by which an app knows that a request is Slack's."""
    digest = hmac.new(secret, b"v0:%d:%b" % (timestamp, body), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _as_json(text: str) -> Json | None:
    if not text.strip():
        return None
    try:
        answer = strict_json(text)
    except ValueError:
        return {"text": text}
    return answer if isinstance(answer, dict) else None
