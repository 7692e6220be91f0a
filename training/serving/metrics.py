"""What the model server counts, for Prometheus: requests, tokens, how long answers take, and how busy it is."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from training.serving.engine import Engine
from training.serving.generation import Finished

GONE = "gone"
"""In place of a status: the client left before there was one."""
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The counters of one server. Models are named as they are loaded, so no request can make up a name."""

    def __init__(self, engine: Engine) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Busyness(engine))
        self._requests = Counter(
            "timbre_requests", "Requests by path and status.", ("path", "status"), registry=self._registry
        )
        self._tokens = Counter(
            "timbre_tokens", "Tokens read and written, by model.", ("model", "kind"), registry=self._registry
        )
        self._answers = Histogram(
            "timbre_answer_seconds",
            "From a request until its answer was complete.",
            ("model",),
            buckets=_SECONDS,
            registry=self._registry,
        )

    def count_request(self, path: str, status: str) -> None:
        """Count a request that is over."""
        self._requests.labels(path, status).inc()

    def count_answer(self, model: str, *, prompt_tokens: int, finished: Finished, seconds: float) -> None:
        """Count an answer that is complete."""
        self._tokens.labels(model, "prompt").inc(prompt_tokens)
        self._tokens.labels(model, "completion").inc(finished.tokens)
        self._answers.labels(model).observe(seconds)

    async def show(self, request: Request) -> Response:
        """Return all of it in Prometheus's text format."""
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


class _Busyness:
    """What is so at the moment it is asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return self.collect()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        running, waiting = self._engine.load()
        yield GaugeMetricFamily("timbre_answers_running", "Answers being written.", value=running)
        yield GaugeMetricFamily("timbre_requests_waiting", "Requests that wait for a place.", value=waiting)
        yield GaugeMetricFamily("timbre_adapters_loaded", "Voices in memory.", value=len(list(self._engine.adapters())))


class CountingRequests:
    """Middleware: counts every request by the route it met, and how it was answered."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = GONE

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.count_request(_path(scope), status)


def _path(scope: Scope) -> str:
    """Return the path of the route that was met, so that unknown ones are one."""
    route = scope.get("route") or _met(scope)
    return route.path if isinstance(route, Route) else "other"


def _met(scope: Scope) -> Route | None:
    endpoint = scope.get("endpoint")
    routes = scope["app"].routes if "app" in scope else []
    return next((route for route in routes if isinstance(route, Route) and route.endpoint == endpoint), None)
