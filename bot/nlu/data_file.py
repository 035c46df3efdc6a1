"""Reading a data file of the project: strict YAML, and an error that says where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice, which YAML would let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]  # type: ignore[no-untyped-call]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_mapping(file: Path) -> dict[str, Any]:
    """The content of a YAML file whose top is a mapping.

    Raises:
        DataError: it is missing, no UTF-8, no YAML, has a key twice, or holds something else.
    """
    if not file.exists():
        raise DataError(file, "file", "content", "is missing")
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Strict)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(file, "file", "encoding", str(error)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "file"
        raise DataError(file, place, "syntax", getattr(error, "problem", None) or str(error)) from error
    if not isinstance(content, dict):
        raise DataError(file, "file", "content", "must be a mapping")
    return content
