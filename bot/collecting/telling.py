"""Telling of a decision that was taken: nothing that fails here undoes it."""

import logging
from collections.abc import Callable

from storage.pairs import Pair

logger = logging.getLogger(__name__)

Listener = Callable[[Pair], None]


def tell(*listeners: Listener) -> Listener:
    """Return what tells each of `listeners` of a pair; one that fails is logged, and the others are told."""

    def told(pair: Pair) -> None:
        for listener in listeners:
            try:
                listener(pair)
            except Exception as err:  # noqa: BLE001 (the decision stands, whatever went wrong in saying so)
                logger.warning("pair %d moved, which could not be shown: %s: %s", pair.id, type(err).__name__, err)

    return told
