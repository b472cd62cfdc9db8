"""Every error a user can meet, under one root.

``exit_code`` is what the command line returns: 2 for wrong input, 1 for a run that failed.
"""


def one_line(error: BaseException, limit: int = 300) -> str:
    """What an error says, in one line; its type where it says nothing. Errors of this package are not cut."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit or isinstance(error, CscError) else text[: limit - 1] + "…"


class CscError(Exception):
    """Root of all errors of this package; its text is one clear line for the user."""

    exit_code = 1


class InputError(CscError):
    """Something the user gave does not fit: a file, a line in it, an option, a setting."""

    exit_code = 2


class LineError(InputError):
    """One line of an input file does not fit.

    Attributes:
        path: The file.
        line: Line number, counted from 1.
        reason: What is wrong with it.
    """

    def __init__(self, path: object, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path = str(path)
        self.line = line
        self.reason = reason


class ModelError(CscError):
    """A language model cannot be had or does not answer as it must."""


class UnknownModelError(ModelError, InputError):
    """A model name that nothing here can turn into a model."""

    exit_code = 2


class NothingLearnedError(InputError):
    """No answer was good enough to be learned from; the same again would come to the same."""


class BudgetError(CscError):
    """The tokens or the money allowed for a run are used up."""


class RunError(CscError):
    """A run could not go on, or ended with failed units. What was finished is on disk."""


class TransientModelError(ModelError):
    """A model's endpoint stayed busy, broken or silent through every retry; the same call may work later."""


class FatalModelError(ModelError):
    """Nothing else sent to this endpoint can work either: a refused key, an empty account, no such model."""


class RefusedError(ModelError):
    """A model's endpoint refused one request as wrong, say as too long; others may well be answered."""


class ReplyError(ModelError):
    """A model's reply is not of the asked form: cut off, not JSON, a field missing or with a wrong value."""
