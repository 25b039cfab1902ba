"""What can go wrong: one exception per exit status of the command line."""

from __future__ import annotations


class AlphaLakeError(Exception):
    """Something that AlphaLake could not do.

    Attributes:
        code: the exit status that the command line has for it.
        message: what went wrong and where; for SQL with the line and a caret under the place.
        hint: what to do about it, if anything is known.
    """

    def __init__(self, code: int, message: str, hint: str | None = None) -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"


class FailedError(AlphaLakeError):
    """The work stopped (1): rows that do not fit, a limit."""


class UsageError(AlphaLakeError, ValueError):
    """The request cannot be carried out as given (64): bad SQL, an unknown column, a wrong argument."""


class CorruptError(AlphaLakeError):
    """Bytes on disk are damaged or not in the format (65)."""


class MissingError(AlphaLakeError, LookupError):
    """A lake, table, version or file does not exist (66)."""


class InputOutputError(AlphaLakeError, OSError):
    """The operating system refused (74)."""

    __str__ = AlphaLakeError.__str__


class ConflictError(AlphaLakeError):
    """Another writer was first; trying again can succeed (75)."""


class CancelledError(AlphaLakeError):
    """The query was asked to stop (130), as closing its rows early does."""


_KINDS: dict[int, type[AlphaLakeError]] = {
    1: FailedError,
    64: UsageError,
    65: CorruptError,
    66: MissingError,
    74: InputOutputError,
    75: ConflictError,
    130: CancelledError,
}


def error(code: int, message: str, hint: str | None = None) -> AlphaLakeError:
    """The exception for an exit status."""
    return _KINDS.get(code, FailedError)(code, message, hint)
