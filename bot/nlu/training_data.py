"""From topics and flows to what Rasa trains on: examples, rules and the domain; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import yaml

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.languages import TONGUES
from bot.nlu.encodings import encoder_version

GROUPS: Final = ("flow", "faq", "talk")
QUESTION_LANGUAGES: Final = (*TONGUES, "mixed")
_RASA_FORMAT: Final = "3.1"
_CODE: Final = (
    "arrays.py", "classifier.py", "decisions.py", "encoder.py", "encodings.py", "features.py", "follow_ups.py", "nearest.py",
    "neighbours.py", "network.py", "parts.py", "perceptron.py", "text.py", "topic_model.py", "training_data.py",
)  # fmt: skip
_ENTITY_MARKUP: Final = re.compile(r"\[[^\]]+\](?=[({])")
_NEVER_TYPED: Final = frozenset({"choose", "several", "follow_up", "nlu_fallback"})
_TOPIC_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Generated:
    """What a training run gets.

    Attributes:
        nlu, rules, domain: contents of the three files.
        examples: sentence and topic of each example.
        config: contents of the pipeline's file.
        hash: of everything the model depends on; wording of answers is no part of it.
        missing: topics of the domain for which there is no file yet.
    """

    nlu: str
    rules: str
    domain: str
    config: str
    hash: str
    missing: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]

    def first_examples(self, count: int = 2) -> str:
        """A shorter `nlu`, with this many examples of each topic."""
        first: dict[str, list[str]] = {}
        for sentence, topic in self.examples:
            if len(kept := first.setdefault(topic, [])) < count:
                kept.append(sentence)
        return _nlu(first)

    def write(self, folder: Path) -> None:
        """Write `nlu.yml`, `rules.yml` and `domain.yml` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("nlu", "rules", "domain"):
            (folder / f"{name}.yml").write_text(getattr(self, name), encoding="utf-8")


def _sentences(file: Path, entry: str, field: str, listed: Any) -> Iterator[str]:
    if not isinstance(listed, list):
        raise DataError(file, entry, field, "must be a list of sentences")
    for sentence in listed:
        if not isinstance(sentence, str) or not sentence.strip():
            raise DataError(file, entry, field, f"{sentence!r} is no text; quote yes, no and numbers")
        flat = " ".join(sentence.split())
        if flat.startswith("/"):
            raise DataError(file, entry, field, f"{flat!r} starts with a slash, which is Rasa's command language")
        if _ENTITY_MARKUP.search(flat):
            raise DataError(file, entry, field, f"{flat!r} holds brackets that Rasa takes for an entity")
        yield flat


class _Examples:
    """Sentences by intent; the same sentence under two intents is refused, under one it is kept once."""

    def __init__(self) -> None:
        self.by_intent: dict[str, list[str]] = {}
        self._seen: dict[str, tuple[str, Path]] = {}

    def add(self, file: Path, entry: str, field: str, intent: str, sentences: Iterable[str]) -> None:
        examples = self.by_intent.setdefault(intent, [])
        for sentence in sentences:
            key = sentence.casefold()
            if key in self._seen:
                other, where = self._seen[key]
                if other != intent:
                    raise DataError(file, entry, field, f"{sentence!r} stands under {other} too ({where.name})")
                continue
            self._seen[key] = (intent, file)
            examples.append(sentence)


def _topics(folder: Path, examples: _Examples) -> dict[str, str]:
    groups: dict[str, str] = {}
    for file in sorted(folder.glob("*.yml")):
        content = read_mapping(file)
        topic, group, questions = content.get("topic"), content.get("group"), content.get("questions")
        if not isinstance(topic, str) or topic != file.stem or not _TOPIC_NAME.fullmatch(topic):
            raise DataError(file, str(topic), "topic", "must be the name of the file")
        if group not in GROUPS:
            raise DataError(file, topic, "group", f"must be one of {', '.join(GROUPS)}, not {group!r}")
        if not isinstance(questions, dict) or not questions:
            raise DataError(file, topic, "questions", "must be a mapping of languages")
        for language in questions:
            if language not in QUESTION_LANGUAGES:
                raise DataError(file, topic, f"questions.{language}", f"must be one of {', '.join(QUESTION_LANGUAGES)}")
        groups[topic] = group
        for language in QUESTION_LANGUAGES:
            if language in questions:
                field = f"questions.{language}"
                examples.add(file, topic, field, topic, _sentences(file, topic, field, questions[language]))
    return groups


def _flows(folder: Path, examples: _Examples) -> tuple[list[tuple[Path, dict[str, Any]]], list[tuple[Path, dict[str, Any]]]]:
    rules: list[tuple[Path, dict[str, Any]]] = []
    stories: list[tuple[Path, dict[str, Any]]] = []
    for file in sorted(folder.glob("*.yml")):
        content = read_mapping(file)
        flow = content.get("flow")
        if flow != file.stem:
            raise DataError(file, str(flow), "flow", "must be the name of the file")
        for intent, by_language in (content.get("examples") or {}).items():
            if not isinstance(by_language, dict):
                raise DataError(file, flow, f"examples.{intent}", "must be a mapping of languages")
            for language, listed in by_language.items():
                field = f"examples.{intent}.{language}"
                examples.add(file, flow, field, intent, _sentences(file, flow, field, listed))
        for section, kept in (("rules", rules), ("stories", stories)):
            for entry in content.get(section) or []:
                if not isinstance(entry, dict) or not isinstance(entry.get("steps"), list):
                    raise DataError(file, flow, section, "each entry needs a name and steps")
                name = entry.get("rule", entry.get("story"))
                if not isinstance(name, str):
                    raise DataError(file, flow, section, f"the name {name!r} is no text; quote yes, no and numbers")
                kept.append((file, entry))
    return rules, stories


def _steps(entry: Mapping[str, Any], key: str) -> Iterator[str]:
    for step in entry["steps"]:
        if isinstance(step, dict) and key in step:
            yield step[key]


def _check_names(entries: Iterable[tuple[Path, dict[str, Any]]], intents: frozenset[str], actions: frozenset[str]) -> None:
    for file, entry in entries:
        name = str(entry.get("rule") or entry.get("story"))
        for intent in _steps(entry, "intent"):
            if intent not in intents:
                raise DataError(file, name, "steps", f"the intent {intent!r} is not in domain.yml")
        for action in _steps(entry, "action"):
            if action not in actions and action != "action_listen":
                raise DataError(file, name, "steps", f"the action {action!r} is not in domain.yml")


def _names(listed: Iterable[Any] | None) -> list[str]:
    return [next(iter(entry)) if isinstance(entry, dict) else str(entry) for entry in listed or ()]


def _nlu(examples: Mapping[str, list[str]]) -> str:
    # Written as literal blocks by hand: Rasa reads one scalar for an intent much faster than one for a sentence.
    blocks = [f'version: "{_RASA_FORMAT}"\nnlu:\n']
    for intent in sorted(examples):
        if examples[intent]:
            lines = "".join(f"    - {sentence}\n" for sentence in examples[intent])
            blocks.append(f"- intent: {intent}\n  examples: |\n{lines}")
    return "".join(blocks)


def _dump(content: Any) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _code() -> bytes:
    folder = Path(__file__).parent
    # Thresholds are fitted for each language.
    return b"".join((folder / name).read_bytes() for name in (*_CODE, "../spoken.py", "../foreign_languages.py", "../traditional.py"))


def generate(root: Path, warn: Callable[[str], None] = lambda _line: None) -> Generated:
    """Read `data/topics`, `data/flows`, `domain.yml` and `config.yml` under `root`.

    A topic of group faq or talk gets the rule that answers it with `utter_<topic>`, unless a rule of a flow begins with
    it. Topics of the domain that have no file are left out, and `warn` is told.

    Raises:
        DataError: naming file, entry and field.
    """
    domain_file, config_file = root / "domain.yml", root / "config.yml"
    domain = read_mapping(domain_file)
    config = config_file.read_text(encoding="utf-8")
    intents, forms = _names(domain.get("intents")), list(domain.get("forms") or {})
    actions = _names(domain.get("actions"))
    examples = _Examples()
    groups = _topics(root / "data" / "topics", examples)
    flow_rules, stories = _flows(root / "data" / "flows", examples)
    known_intents = frozenset(intents) | {"nlu_fallback"}
    for intent in examples.by_intent:
        if intent not in known_intents:
            raise DataError(domain_file, "intents", intent, "has examples but is not listed")
    known_actions = frozenset(actions) | frozenset(forms) | {"action_restart", "action_default_fallback"}
    _check_names([*flow_rules, *stories], known_intents, known_actions)
    claimed = {next(_steps(entry, "intent"), None) for _, entry in flow_rules}
    rules: list[dict[str, Any]] = []
    for topic in sorted(groups):
        if groups[topic] == "flow" or topic in claimed:
            continue
        if f"utter_{topic}" not in known_actions:
            raise DataError(domain_file, "actions", f"utter_{topic}", f"is missing; the topic {topic} is answered with it")
        rules.append({"rule": f"answer {topic}", "steps": [{"intent": topic}, {"action": f"utter_{topic}"}]})
    rules += [entry for _, entry in flow_rules]
    missing = tuple(intent for intent in intents if not examples.by_intent.get(intent) and intent not in _NEVER_TYPED)
    if missing:
        warn(f"{len(missing)} intents have no examples yet and are left out: {', '.join(missing)}")
    nlu = _nlu(examples.by_intent)
    rules_text = _dump({"version": _RASA_FORMAT, "rules": rules, **({"stories": [entry for _, entry in stories]} if stories else {})})
    # Rasa warns about every utter_ action that has no text in the domain; ours come from the catalogue at run time.
    placeholders = {action: [{"text": action}] for action in actions if action.startswith("utter_")}
    domain_text = _dump({**domain, "responses": placeholders})
    digest = hashlib.sha256()
    for part in (nlu, rules_text, domain_text, config, encoder_version(), version("rasa"), version("numpy"), version("scikit-learn")):
        digest.update(part.encode() + b"\0")
    digest.update(_code())
    return Generated(
        nlu=nlu,
        rules=rules_text,
        domain=domain_text,
        config=config,
        hash=digest.hexdigest()[:16],
        missing=missing,
        examples=tuple((sentence, topic) for topic, sentences in examples.by_intent.items() for sentence in sentences),
    )
