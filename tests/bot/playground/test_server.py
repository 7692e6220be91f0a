"""How the playground is served."""

import httpx

from bot.playground.app import create_app
from bot.playground.server import PlaygroundServer
from bot.playground.store import MemoryStore


def test_an_idle_connection_stays_open_for_longer_than_clients_keep_it() -> None:
    kept = httpx.Limits().keepalive_expiry

    assert kept is not None
    assert PlaygroundServer(create_app(store=MemoryStore())).config.timeout_keep_alive > kept
