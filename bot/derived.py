"""What follows from content alone, such as what a YAML file says, kept on disk so that the next start need not make it again.

It is data and never code, and is found by what it was made of and by what made it, so that it is never out of date. A file that
is damaged, or cannot be read or written, costs only time. Whoever can write to the data folder is believed, as in all that lies there.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

_FORMAT: Final = b"derived 1\n"
_FILE: Final = "derived-{}.txt"
_UNFINISHED: Final = ".derived-"
_GIVEN_UP_AFTER_S: Final = 3600.0
_SIZE: Final = 16
_NOTHING: Final = object()
_BROKEN: Final = (ValueError, LookupError, TypeError, RecursionError)

log = logging.getLogger(__name__)


@contextmanager
def kept_between_starts(folder: Path, name: str) -> Iterator[None]:
    """Within the block `derived` takes what it can from the last start, and what this one made is kept when the block ends well.

    Args:
        folder: the data folder; it is kept under `cache/`.
        name: of what is started. Each has a file of its own, in which stands what it used and no more; what it lacks may stand in
            those of others.
    """
    global _current
    before, _current = _current, _Kept(folder / "cache" / _FILE.format(name))
    try:
        yield
        _current.write()
    finally:
        _current = before


def derived(maker: str, content: bytes, make: Callable[[], Any]) -> Any:
    """What `make` gives, or what it gave at an earlier start for the same content; equal, and a new object each time.

    Args:
        maker: the Python file whose code decides what is made of the content; with another one it is made anew.
        content: all that the result depends on.
    """
    kept = _current
    if kept is None:
        return make()
    key = blake2b(b"\0".join((sys.version.encode(), _code(maker), content)), digest_size=_SIZE).hexdigest().encode()
    found = kept.get(key)
    if found is not _NOTHING:
        return found
    made = make()
    kept.put(key, made)
    return made


def digest_of(*paths: Path) -> bytes:
    """What stands for files, and for all files in folders, by their names and what is in them; what is missing counts as missing."""
    digest = blake2b(digest_size=_SIZE)
    for path in paths:
        for file in _files(path) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(path.parent)}\0{file.stat().st_size}\0".encode(errors="surrogateescape"))
                digest.update(file.read_bytes())
    return digest.digest()


def _files(folder: Path) -> list[Path]:
    """All below a folder, behind links too, but for what Python makes of code there."""
    inside = (Path(at) for at, _, _ in os.walk(folder, followlinks=True))
    return sorted(file for at in inside if at.name != "__pycache__" for file in at.iterdir())


@lru_cache(maxsize=64)
def _code(maker: str) -> bytes:
    return blake2b(Path(maker).read_bytes(), digest_size=_SIZE).digest()


class _File:
    """One line for each thing: its key, a sum of key and value, and the value."""

    def __init__(self, path: Path) -> None:
        # One piece of memory, which goes back to the system as one.
        self._content = b""
        with suppress(OSError):
            self._content = path.read_bytes()
        self._places = self._read() if self._content.startswith(_FORMAT) else {}

    def _read(self) -> dict[bytes, tuple[int, int]]:
        places, start = {}, len(_FORMAT)
        while (end := self._content.find(b"\n", start)) > 0:
            places[self._content[start : start + 2 * _SIZE]] = (start, end)
            start = end + 1
        return places

    def line(self, key: bytes) -> bytes | None:
        """The line of `key` as it was written, or None."""
        place = self._places.get(key)
        line = None if place is None else self._content[slice(*place)]
        return line if line is not None and line == _line(key, line[4 * _SIZE + 2 :]) else None


class _Kept:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._own = _File(file)
        self._others: list[_File] | None = None
        self._used: set[bytes] = set()
        self._new: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> Any:
        """The value of `key`, or nothing."""
        line = self._own.line(key)
        if line is None:
            line = next(filter(None, (other.line(key) for other in self._those_of_others())), None)
            if line is None:
                return _NOTHING
            self._new[key] = line
        try:
            value = _decoded(line[4 * _SIZE + 2 :])
        except _BROKEN:
            return _NOTHING
        self._used.add(key)
        return value

    def _those_of_others(self) -> list[_File]:
        if self._others is None:
            paths = self._file.parent.glob(_FILE.format("*"))
            self._others = [_File(path) for path in paths if path != self._file]
        return self._others

    def put(self, key: bytes, value: Any) -> None:
        """Keep `value`, unless it would not be the same when it is read."""
        with suppress(*_BROKEN):
            self._new[key] = _line(key, _encoded(value))

    def write(self) -> None:
        """If something was not in the file, have there what was used and nothing else."""
        if not self._new:
            return
        lines = [self._new.get(key) or self._own.line(key) or b"" for key in sorted(self._used | self._new.keys())]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=_UNFINISHED)
            try:
                with open(handle, "wb") as output:
                    output.write(b"".join((_FORMAT, *(line + b"\n" for line in lines))))
                os.replace(name, self._file)
                self._clear_away()
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            log.info("what was derived is not kept: %s", error.strerror)

    def _clear_away(self) -> None:
        """Remove what writers left that were killed."""
        for left in self._file.parent.glob(f"{_UNFINISHED}*"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _GIVEN_UP_AFTER_S:
                    left.unlink()


_current: _Kept | None = None


def _line(key: bytes, text: bytes) -> bytes:
    return b" ".join((key, blake2b(text, key=key, digest_size=_SIZE).hexdigest().encode(), text))


def _encoded(value: Any) -> bytes:
    days: list[tuple[Any, ...]] = []
    return json.dumps([_plain(value, (), days), days], ensure_ascii=False, separators=(",", ":")).encode()


def _decoded(text: bytes) -> Any:
    value, days = json.loads(text)
    for *path, last in days:
        parent = value
        for step in path:
            parent = parent[step]
        parent[last] = date.fromisoformat(parent[last])
    return value


def _plain(value: Any, path: tuple[Any, ...], days: list[tuple[Any, ...]]) -> Any:
    """`value` as JSON can hold it; where a date stands its place is added to `days`.

    Raises:
        ValueError: it holds what would not come back as it is.
    """
    kind = type(value)
    if kind is dict and all(type(key) is str for key in value):
        return {key: _plain(each, (*path, key), days) for key, each in value.items()}
    if kind is list:
        return [_plain(each, (*path, place), days) for place, each in enumerate(value)]
    if kind is date and path:
        days.append(path)
        return value.isoformat()
    if value is None or kind in (str, int, float, bool):
        return value
    raise ValueError(kind.__name__)
