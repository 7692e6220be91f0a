"""How fast reviewing is with 10,000 pairs: `python -m tests.bench.collecting [--pairs N]` prints JSON.

Half of the pairs are approved and in the index, half wait for a review. Measured are the first page of the queue, a
duplicate check (as the bot does it: embedding by a model server over HTTP, both arms of retrieval, comparing), a sync
of a reaction's pair in the database, and the messages a second that redaction reads.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, product
from pathlib import Path

from bot.assembly.knowledge import Knowledge, open_knowledge
from bot.collecting.decisions import Decisions
from bot.collecting.policy import ReviewPolicy
from bot.collecting.queue import Queue
from bot.collecting.readers import PairReaders
from bot.collecting.redaction.redacting import redact_sources
from bot.collecting.standing import move
from bot.collecting.twins import Twins
from bot.processes import model_server
from bot.settings import Settings
from storage.database import Database
from storage.pairs import Candidate, PairStatus, Priority, add_candidate, get_pair

TEAM = "T1"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED = (
    "What does the {} of the {} cost?",
    "Where do we keep the {} for the {}?",
    "Who repairs the {} of a {}?",
    "How long does a new {} for the {} take?",
    "May customers bring their own {} for the {}?",
)
THINGS = (
    "mast boom anchor rudder keel winch cleat shackle fender lantern compass pump battery charger propeller hatch "
    "ladder mooring sail spinnaker jib tiller cushion carpet stove sink mirror horn radio antenna buoy net paddle oar "
    "rope chain bolt varnish primer filler sealant"
)
BOATS = (
    "Curlew Sandpiper Heron Kestrel Merlin Osprey Puffin Plover Dunlin Gannet Petrel Skua Tern Avocet Bittern Egret "
    "Godwit Knot Lapwing Whimbrel Ruff Smew Pintail Teal Wigeon Pochard Scoter Eider Garganey Shoveler Mallard Swan "
    "Goose Crane Stork Ibis Spoonbill Coot Moorhen Rail Crake Grebe Diver Shag Cormorant Fulmar Shearwater Razorbill "
    "Guillemot Kittiwake"
)


class Everybody:
    """Everybody reviews, and nobody is in a private channel."""

    def is_reviewer(self, _user_id: str) -> bool:
        return True

    def members(self, _channel_id: str) -> frozenset[str]:
        return frozenset()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(_env_file=None, data=Path(scratch), models_url="http://127.0.0.1:8799/v1")  # type: ignore[call-arg]  # pydantic-settings' own argument
        with model_server(settings) as running:
            database = Database(running.database)
            database.upgrade()
            started = time.monotonic()
            fill(database, arguments.pairs)
            knowledge = open_knowledge(running, database)
            knowledge.indexing.follow()
            figures = {"pairs": arguments.pairs, "filled_in_s": round(time.monotonic() - started, 1)}
            figures |= measure(database, knowledge, arguments.rounds)
            knowledge.index.close()
            database.close()
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


def fill(database: Database, pairs: int, *, since: int = 0) -> None:
    """Store the pairs from number `since`, every other one approved, in parts that each are one transaction."""
    numbered = islice(enumerate(islice(product(ASKED, THINGS.split(), BOATS.split()), pairs)), since, None)
    while part := list(islice(numbered, 500)):
        with database.writing() as session:
            for number, (asked, thing, boat) in part:
                at = f"{1_700_000_000 + number}"
                candidate = Candidate(
                    team_id=TEAM,
                    channel_id=f"C{number % 50}",
                    channel_is_private=False,
                    thread_ts=f"{at}.000100",
                    question_ts=f"{at}.000100",
                    answer_ts=f"{at}.000200",
                    answer_parts=(f"{at}.000200",),
                    question=asked.format(thing, boat),
                    answer=f"Ask the {boat} desk about the {thing}: number {number}, in {number % 9} days.",
                    asked_by=f"U{number % 100}",
                    answered_by=f"U{number % 31}",
                    permalink="",
                )
                priority = Priority.NOMINATED if number % 4 else Priority.PROPOSED
                pair = add_candidate(session, candidate, now=NOW + timedelta(seconds=number), priority=priority)
                if number % 2:
                    move(session, pair, PairStatus.APPROVED, approvals_needed=1, now=NOW + timedelta(seconds=number))


def measure(database: Database, knowledge: Knowledge, rounds: int) -> dict[str, object]:
    """Return milliseconds: median, 95th percentile and the longest."""
    policy = ReviewPolicy(frozenset({"white_check_mark"}), frozenset({"x"}), 1)
    readers = PairReaders(Everybody(), Everybody())
    decisions = Decisions(database, readers, policy, lambda: NOW)
    queue = Queue(database, readers, decisions, team_id=TEAM, approvals_needed=1)
    twins = Twins(database, knowledge.retriever, knowledge.models.embed, lambda: NOW)
    with database.reading() as session:
        candidates = [get_pair(session, 2 * number + 1) for number in range(rounds)]
    texts = [f"<@U012ABCDE> {pair.question} Mail me: mia{pair.id}@tin.example" for pair in candidates]
    started = time.perf_counter()
    for text in texts:
        redact_sources(text)
    redacted_per_s = len(texts) / (time.perf_counter() - started)
    return {
        "queue_first_page_ms": timed([partial(queue.page, "U1")] * min(rounds, 30)),
        "duplicate_check_ms": timed([partial(twins.resembling, pair) for pair in candidates]),
        "embedding_one_question_ms": timed([partial(knowledge.models.embed, [pair.question]) for pair in candidates]),
        "redacted_texts_per_s": round(redacted_per_s),
    }


def timed(acts: Sequence[Callable[[], object]]) -> dict[str, float]:
    acts[0]()  # the first one opens what the others find open
    taken = []
    for act in acts:
        started = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    return {
        "p50": round(statistics.median(taken), 1),
        "p95": round(taken[int(0.95 * (len(taken) - 1))], 1),
        "max": round(taken[-1], 1),
    }


if __name__ == "__main__":
    main()
