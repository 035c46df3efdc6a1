"""Reading a data file of the project: strict YAML, and an error that says where it is wrong."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import yaml

from bot.derived import derived
from bot.errors import DataError

_VERSION: Final = yaml.__version__.encode()

# The C parser reads the same and five times as fast; not every build of the library has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):  # type: ignore[misc, valid-type]
    """Refuses a key that stands twice: the second would silently replace the first."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        DataError: it is missing, no UTF-8, no YAML, or has a key twice; names the line.
    """
    try:
        content = path.read_bytes()
        return derived(__file__, _VERSION + b"\0" + content, lambda: _parsed(content))
    except FileNotFoundError as error:
        raise DataError(path, "file", "content", "is missing") from error
    except UnicodeDecodeError as error:
        raise DataError(path, "file", "encoding", str(error)) from error
    except OSError as error:
        raise DataError(path, "file", "content", str(error)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        raise DataError(path, where, "syntax", str(getattr(error, "problem", None) or error)) from error


def _parsed(content: bytes) -> Any:
    # Ends of lines become one character, as where a file is read as text.
    text = io.StringIO(content.decode("utf-8"), newline=None).read()
    return yaml.load(text, Loader=_UniqueKeys)


def read_mapping(path: Path) -> dict[str, Any]:
    """The content of a YAML file whose top is a mapping.

    Raises:
        DataError: as `read_yaml`, or it holds something else.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise DataError(path, "file", "content", "must be a mapping")
    return content
