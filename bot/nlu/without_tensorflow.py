"""Rasa without TensorFlow: a stand-in that may be imported but never used, and a guard over `config.yml`."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.errors import StartError

ABSENT: Final[frozenset[str]] = frozenset({"tensorflow", "keras", "tensorflow_text", "tensorflow_hub", "tensorflow_addons"})

UNUSED: Final[tuple[str, ...]] = (
    *("aiogram", "fbmessenger", "mattermostwrapper", "questionary", "rocketchat_API", "slack_sdk", "twilio", "webexteamssdk"),
    *("aio_pika", "boto3", "botocore", "pymongo", "redis"),
    *("google.auth", "google.oauth2", "jwt", "matplotlib", "prompt_toolkit", "rich", "sanic_jwt", "sklearn_crfsuite"),
)
"""Imported by Rasa and its libraries for channels, stores, plots and components that we do not have."""


class _Absent(type):
    """Metaclass of everything found in the stand-in: it can be named, annotated with and subclassed, but not called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return absent(f"{cls.__qualname__}.{name}")

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        package = cls.__qualname__.partition(".")[0]
        raise StartError("package_absent", detail=f"{cls.__qualname__} was called, but this process does without {package}.")

    def __getitem__(cls, _key: Any) -> Any:
        return cls

    def __or__(cls, _other: Any) -> Any:
        return cls

    __ror__ = __or__


def absent(name: str) -> Any:
    """A stand-in for the object called `name`, which must not be used."""
    stand_in = _Absent(name.rpartition(".")[2] or name, (), {})
    stand_in.__qualname__ = name
    return stand_in


class _AbsentModule(types.ModuleType):
    __path__: list[str] = []
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return absent(f"{self.__name__}.{name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self) -> None:
        self.packages = set(ABSENT)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if any(fullname == package or fullname.startswith(f"{package}.") for package in self.packages):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""


def install(also: Iterable[str] = ()) -> None:
    """Serve the stand-in to whoever imports TensorFlow, or one of the packages `also`, from now on in this process."""
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            break
    else:
        finder = _Finder()
        sys.meta_path.insert(0, finder)
    finder.packages.update(also)


@cache
def _imports_tensorflow(module: str) -> bool:
    source = inspect.getsource(sys.modules[module])
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if any(name.partition(".")[0] in ABSENT for name in names):
            return True
    return False


def needs_tensorflow(component: type) -> bool:
    """Whether a class, or a class it descends from, is written in a module that imports TensorFlow itself."""
    modules = {base.__module__ for base in component.__mro__}
    return any(_imports_tensorflow(module) for module in modules if module.partition(".")[0] != "builtins" and _has_source(module))


def _has_source(module: str) -> bool:
    try:
        return bool(inspect.getsourcefile(sys.modules[module]))
    except (KeyError, TypeError):
        return False


def _named(config: Mapping[str, Any], file: Path) -> Iterator[str]:
    for section in ("pipeline", "policies"):
        entries = config.get(section)
        if not entries:
            # Rasa fills an empty section with its defaults, which need TensorFlow, and rewrites the file.
            raise StartError("bad_config", detail=f"{file}: {section} must name its components.")
        for entry in entries:
            name = entry.get("name") if isinstance(entry, Mapping) else entry
            if not isinstance(name, str):
                raise StartError("bad_config", detail=f"{file}: an entry of {section} has no name.")
            yield name


def _component(name: str, file: Path) -> type:
    from rasa.engine.recipes.default_components import DEFAULT_COMPONENTS
    from rasa.shared.utils.common import class_from_module_path

    for component in DEFAULT_COMPONENTS:
        if component.__name__ == name:
            return component  # type: ignore[no-any-return]
    try:
        found: type = class_from_module_path(name)
    except Exception as error:
        raise StartError("bad_config", detail=f"{file} names {name}, which cannot be imported ({error}).") from error
    return found


def check_config(file: Path) -> None:
    """Refuse a configuration that this environment cannot run.

    Raises:
        StartError: `file` is unreadable, leaves a section to Rasa's defaults, or names a component that is unknown or
            needs TensorFlow; the detail is one line.
    """
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise StartError("bad_config", detail=f"{file} cannot be read ({type(error).__name__}).") from error
    for name in _named(config, file):
        if needs_tensorflow(_component(name, file)):
            raise StartError("bad_config", detail=f"{file} names {name}, which needs TensorFlow; this environment has none.")
