"""Whether a model file is whole; imports nothing of Rasa, so that looking is quick."""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from pathlib import Path
from typing import Final

from bot.errors import StartError

_METADATA: Final = "metadata.json"
_WEIGHTS: Final = "classifier.npz"
_AT_ONCE: Final = 1 << 20


def check_model(file: Path) -> None:
    """Read a model file to its end.

    Raises:
        StartError: it is missing, cut short, damaged, or lacks its description or its classifier.
    """
    names = set()
    try:
        with gzip.open(file) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            for member in archive:
                names.add(Path(member.name).name)
                if not member.isfile():
                    continue
                content = archive.extractfile(member)
                data = content.read() if content else b""
                if Path(member.name).name == _METADATA:
                    json.loads(data)
            # What an archive ends with is no part of any member, and after it comes the sum over everything.
            while unpacked.read(_AT_ONCE):
                pass
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError) as error:
        raise StartError("bad_model", detail=f"{file} is missing or damaged ({type(error).__name__}); train again.") from error
    if not {_METADATA, _WEIGHTS} <= names:
        raise StartError("bad_model", detail=f"{file} is no model of this assistant; train again.")
