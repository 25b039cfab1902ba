"""The one error of the reader."""

from __future__ import annotations


class ReaderError(Exception):
    """A file that does not follow the format.

    ``where`` names the file and the part of it (segment, column, chunk, offset), ``what`` says what is wrong there.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


def require(condition: bool, where: str, what: str) -> None:
    """Raise a ReaderError unless the condition holds."""
    if not condition:
        raise ReaderError(where, what)
