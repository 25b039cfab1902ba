"""Finds and loads ``libalphalake.so``, and declares the functions that it has (alphalake.h)."""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_uint64, c_void_p
from pathlib import Path
from typing import Any

from alphalake.errors import UsageError, error

HERE = Path(__file__).resolve().parent


class ErrorReport(ctypes.Structure):
    """``alphalake_error``."""

    _fields_ = [("code", c_int32), ("message", c_char_p), ("hint", c_char_p)]


class ArrowStruct(ctypes.Structure):
    """Room for any of the structs of the Arrow C interfaces; they are moved on as soon as they are filled."""

    _fields_ = [("words", c_uint64 * 10)]

    @property
    def address(self) -> int:
        """Where it is."""
        return ctypes.addressof(self)


_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "version": (c_char_p, []),
    "open": (c_int32, [c_char_p, c_int32, c_int64, POINTER(c_uint64), POINTER(ErrorReport)]),
    "tables": (c_int32, [c_uint64, POINTER(c_void_p), POINTER(ErrorReport)]),
    "table_schema": (c_int32, [c_uint64, c_char_p, POINTER(ArrowStruct), POINTER(ErrorReport)]),
    "prepare": (c_int32, [c_uint64, c_char_p, POINTER(c_uint64), POINTER(ErrorReport)]),
    "query_schema": (c_int32, [c_uint64, POINTER(ArrowStruct), POINTER(ErrorReport)]),
    "stream": (c_int32, [c_uint64, POINTER(ArrowStruct), POINTER(c_uint64), POINTER(ErrorReport)]),
    "wait": (c_int32, [c_uint64, c_int32]),
    "cancel": (c_int32, [c_uint64]),
    "rows": (c_int64, [c_uint64]),
    "run_error": (c_int32, [c_uint64, POINTER(ErrorReport)]),
    "append": (c_int32, [c_uint64, c_char_p, POINTER(ArrowStruct), POINTER(c_uint64), POINTER(ErrorReport)]),
    "close": (c_int32, [c_uint64]),
    "error_release": (None, [POINTER(ErrorReport)]),
    "text_release": (None, [c_void_p]),
    "live_exports": (c_int64, []),
}


class Library:
    """The functions of ``libalphalake.so``. They let go of the interpreter's lock while they work."""

    def __init__(self, path: Path) -> None:
        self.path = path
        library = ctypes.CDLL(str(path))
        self._functions = {}
        for name, (result, arguments) in _FUNCTIONS.items():
            function = library["alphalake_" + name]
            function.restype = result
            function.argtypes = arguments
            self._functions[name] = function

    @property
    def version(self) -> str:
        """The library's version."""
        return bytes(self._functions["version"]()).decode()

    def call(self, name: str, *arguments: object) -> None:
        """Call a function that can fail; raise what it reports."""
        report = ErrorReport()
        status = self._functions[name](*arguments, ctypes.byref(report))
        if status == 0:
            return
        message = (report.message or b"").decode(errors="replace")
        hint = report.hint.decode(errors="replace") if report.hint is not None else None
        self._functions["error_release"](ctypes.byref(report))
        raise error(status, message, hint)

    def plain(self, name: str, *arguments: object) -> int:
        """Call a function that answers with a number."""
        return int(self._functions[name](*arguments))

    def text(self, name: str, *arguments: object) -> str:
        """Call a function whose last argument but the error receives a text."""
        place = c_void_p()
        self.call(name, *arguments, ctypes.byref(place))
        text = ctypes.string_at(place.value or 0).decode()
        self._functions["text_release"](place)
        return text

    def handle(self, name: str, *arguments: object) -> int:
        """Call a function whose last argument but the error receives a handle."""
        place = c_uint64()
        self.call(name, *arguments, ctypes.byref(place))
        return int(place.value)


@functools.cache
def library() -> Library:
    """The library, loaded when it is first needed.

    Raises:
        UsageError: there is none, with the places that were looked at.
    """
    named = os.environ.get("ALPHALAKE_LIBRARY")
    if named:
        if not Path(named).is_file():
            raise UsageError(64, f"ALPHALAKE_LIBRARY names {named}, which is not there")
        return Library(Path(named))
    beside = HERE / "libalphalake.so"
    if beside.is_file():
        return Library(beside)
    root = HERE.parents[2]
    built = [*root.glob(".build/release/libLakeFFI.so"), *root.glob(".build/*/release/libLakeFFI.so")]
    if built:
        return Library(max(built, key=lambda path: path.stat().st_mtime))
    raise UsageError(
        64,
        f"no libalphalake.so: not beside the package ({beside}) and none built under {root / '.build'}",
        "build it with 'swift build -c release --product LakeFFI', or set ALPHALAKE_LIBRARY",
    )


def encoded(text: str, name: str) -> bytes:
    """Text for a C function.

    Raises:
        UsageError: it holds a zero character, which would end it early.
    """
    if "\0" in text:
        raise UsageError(64, f"the {name} holds a zero character")
    return text.encode(errors="surrogatepass")
