"""Why the voice in use stays as it is, in words for people."""

from collections.abc import Sequence

from storage.ballots import BallotStatus
from training.errors import TrainingError


class PromotionError(TrainingError):
    """The voice in use stays as it is; the message says why and what to do."""


class BallotClosed(PromotionError):  # noqa: N818 - the name says what is the case
    """Somebody decided before, or the time for it is over."""

    def __init__(self, by: str | None, status: BallotStatus) -> None:
        self.by, self.status = by, status
        said = {
            BallotStatus.APPROVED: "This voice was approved already.",
            BallotStatus.REJECTED: "This voice was rejected already.",
            BallotStatus.VOID: "This ballot is void: what it asked about has changed since. Retrain for a new one.",
        }
        super().__init__(said.get(status, "The time to decide about this voice is over. Retrain to be asked again."))


class BallotVoid(PromotionError):  # noqa: N818 - the name says what is the case
    """What people were shown is not what would go live."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"This ballot is void: {reason}. Retrain to compare again.")


class VotesMissing(PromotionError):  # noqa: N818 - the name says what is the case
    """The approval counts, and others are needed beside it."""

    def __init__(self, given: int, needed: int) -> None:
        self.given, self.needed = given, needed
        more = needed - given
        super().__init__(
            f"Your approval counts: {given} of {needed}. {more} more {'person has' if more == 1 else 'people have'} to "
            "approve before this voice answers."
        )


class GatesFailed(PromotionError):  # noqa: N818 - the name says what is the case
    """The candidate failed where it must not, and no admin has said why it may be used all the same."""

    def __init__(self, voice: str, failed: Sequence[str]) -> None:
        self.failed = tuple(failed)
        super().__init__(
            f"{voice} can't be approved: it failed {', '.join(failed)}. An admin who wants it all the same types "
            f"`/timbre override {voice} REASON`."
        )


class NothingToOverride(PromotionError):  # noqa: N818 - the name says what is the case
    """An override without anything that it could be about."""


class VoiceNotLoaded(PromotionError):  # noqa: N818 - the name says what is the case
    """The model server does not speak with this voice as it should; the ballot stays open."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The voice could not be put to use: {reason}. The one before stays; try again.")


class NoSuchVoice(PromotionError):  # noqa: N818 - the name says what is the case
    """There is nothing to go back to under that name."""


class LiveVoiceMoved(PromotionError):  # noqa: N818 - the name says what is the case
    """Somebody else changed the voice in use a moment ago."""

    def __init__(self) -> None:
        super().__init__("Somebody changed the voice a moment ago: look which one is in use, then try again.")
