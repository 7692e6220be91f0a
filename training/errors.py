"""What a person can put right: every error of this package that is for people to read."""


class TrainingError(ValueError):
    """The message is one line that says what is wrong and what to do next."""
