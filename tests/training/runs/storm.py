"""Decides about voices from several threads without end, to be killed: `python -m tests.training.runs.storm …`."""

import random
import sys
import threading
from pathlib import Path

from storage import ballots
from storage.database import Database, sqlite_url
from tests.fakes import FakeVoiceServer
from tests.training.runs.team import TEAM, Candidates, clock
from training.config import TrainingConfig
from training.promotion import Promotion, PromotionError

THREADS = 4


def act(candidates: Candidates, promotion: Promotion, source: random.Random, proposing: threading.Lock) -> str:
    """Do one thing that somebody might do, and return what came of it."""
    database = candidates.database
    with database.reading() as session:
        waiting = ballots.open_ballots(session, team_id=TEAM)
    kind = source.choice(("approve", "approve", "approve", "reject", "rollback", "propose"))
    try:
        if kind == "rollback":
            promotion.rollback(team_id=TEAM, to=None, by="U-admin")
        elif kind == "propose" or not waiting:
            kind = "propose"
            with proposing:  # a team has one run at a time
                candidates.propose()
        else:
            # The newest: the others are void as soon as anything went live.
            chosen, by = source.choice(waiting[-2:]), f"U-{source.randrange(3)}"
            (promotion.approve if kind == "approve" else promotion.reject)(chosen.id, by=by)
    except PromotionError as err:
        return f"{kind} {type(err).__name__}"
    return f"{kind} done"


def storm(folder: Path, trained: Path, config: Path, seed: int) -> None:
    """Act until killed, and say what was done, a line an act."""
    database = Database(sqlite_url(folder))
    candidates = Candidates(database, TrainingConfig.from_json(config.read_text()), trained)
    promotion, proposing = Promotion(database, FakeVoiceServer(), clock), threading.Lock()

    def run(number: int) -> None:
        source = random.Random(f"{seed} {number}")  # noqa: S311 - it draws test data
        while True:
            sys.stdout.write(f"{act(candidates, promotion, source, proposing)}\n")
            sys.stdout.flush()

    for number in range(THREADS):
        threading.Thread(target=run, args=(number,)).start()


if __name__ == "__main__":
    storm(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
