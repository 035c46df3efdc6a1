"""Reads the files of `deploy/` as the programs that they are for would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Unit = dict[str, list[tuple[str, str]]]


def units(folder: Path) -> dict[str, Unit]:
    """Every systemd unit by file name: sections with their settings in order; a setting may come twice."""
    found: dict[str, Unit] = {}
    for path in sorted(folder.iterdir()):
        unit: Unit = {}
        section: list[tuple[str, str]] | None = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            if head := re.fullmatch(r"\[(\w+)\]", line):
                section = unit.setdefault(head[1], [])
                continue
            setting = re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line)
            assert setting and section is not None, f"{path.name}: {line}"
            section.append((setting[1], setting[2]))
        found[path.name] = unit
    return found


def documents(folder: Path) -> list[dict[str, Any]]:
    """Every Kubernetes object of the folder."""
    found = [each for path in sorted(folder.glob("*.yml")) for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    assert all({"apiVersion", "kind", "metadata"} <= set(each) for each in found)
    return found


def parts_of_pod(pod: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Every command of a pod, those of probes and hooks too, with the name of its container."""
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        yield container["name"], container["command"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if "exec" in container.get(probe, {}):
                yield container["name"], container[probe]["exec"]["command"]


def haproxy(path: Path) -> dict[str, list[str]]:
    """The lines of each section of a configuration of HAProxy, without comments."""
    found: dict[str, list[str]] = {}
    section: list[str] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] != " ":
            section = found.setdefault(line, [])
            continue
        assert section is not None, line
        section.append(line.strip())
    return found


@dataclass(frozen=True)
class Directive:
    """One directive of nginx, with those in its block."""

    name: str
    words: list[str]
    inner: list[Directive] = field(default_factory=list)


class Nginx:
    """A configuration of nginx; a file that does not parse is an AssertionError."""

    _TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<word>"[^"]*"|'[^']*'|[^\s{};"']+)|(?P<mark>[{};])""")

    def __init__(self, path: Path) -> None:
        text, at, tokens = path.read_text(encoding="utf-8"), 0, []
        while at < len(text):
            found = self._TOKEN.match(text, at)
            assert found, f"{path.name}: {text[at : at + 40]!r}"
            if token := found["word"] or found["mark"]:
                tokens.append(token)
            at = found.end()
        self._tokens = iter(tokens)
        self.directives = self._block(inside=False)

    def _block(self, inside: bool) -> list[Directive]:
        found: list[Directive] = []
        words: list[str] = []
        for token in self._tokens:
            if token == ";":
                assert words
                found.append(Directive(words[0], words[1:]))
                words = []
            elif token == "{":
                assert words
                found.append(Directive(words[0], words[1:], self._block(inside=True)))
                words = []
            elif token == "}":
                assert inside and not words
                return found
            else:
                words.append(token.strip("\"'"))
        assert not inside and not words, "the file ends within a block or a directive"
        return found

    def of(self, *names: str) -> list[Directive]:
        """Every directive that is reached by these names of blocks, in order."""
        level = self.directives
        for depth, name in enumerate(names):
            level = [each for each in level if each.name == name]
            if depth < len(names) - 1:
                level = [inner for each in level for inner in each.inner]
        return level


def left_out_of_the_image(path: str, rules: list[str]) -> bool:
    """Whether `.dockerignore` keeps a file away: the last rule that meets it or a folder above it decides."""
    out = False
    names = path.split("/")
    for rule in rules:
        pattern = re.escape(rule.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(pattern, "/".join(names[: end + 1])) for end in range(len(names))):
            out = not rule.startswith("!")
    return out
