"""What a button about a pair carries: the pair as it was shown, and where the reader stood in the queue."""

from dataclasses import dataclass

from bot.collecting.decisions import Shown
from storage.pairs import Pair

HASH_LENGTH = 16

Key = tuple[int, int]
"""A place in the review queue: priority and id."""


@dataclass(frozen=True)
class PairButton:
    """`other_id`: the approved pair it is weighed against, 0 for none. `after`: what the page of the queue follows."""

    pair_id: int
    content_hash: str
    other_id: int = 0
    after: Key | None = None

    @classmethod
    def of(cls, pair: Pair, *, other_id: int = 0, after: Key | None = None) -> "PairButton":
        """Return the button of a pair as it reads now."""
        return cls(pair.id, pair.content_hash[:HASH_LENGTH], other_id, after)

    @classmethod
    def from_value(cls, value: str) -> "PairButton":
        """Read a button's value. Raises `ValueError` when it is none."""
        pair_id, shown, other_id, after = value.split(":")
        return cls(int(pair_id), shown, int(other_id), key_of(after))

    @property
    def value(self) -> str:
        return f"{self.pair_id}:{self.content_hash}:{self.other_id}:{key_text(self.after)}"

    @property
    def shown(self) -> Shown:
        return Shown(self.pair_id, self.content_hash)


def key_text(key: Key | None) -> str:
    """Return a place in the queue as text; its start is empty."""
    return "" if key is None else f"{key[0]}.{key[1]}"


def key_of(text: str) -> Key | None:
    """Return what `key_text` wrote. Raises `ValueError` when it is none."""
    if not text:
        return None
    priority, id_ = text.split(".")
    return int(priority), int(id_)
