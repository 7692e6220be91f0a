"""Why a document is not taken."""


class Refusal(ValueError):  # noqa: N818 (it is an answer, not an error of ours)
    """A document can't be taken. The message goes on from its name: "is protected by a password; …"."""


class EmptyDocument(Refusal):
    """A document says nothing, so what it said before holds no longer."""
