"""Dialogues that are written down: `scripts/<language>.yml`, a list of them in each, how they are read and how they are held.

A dialogue has a `goal`, one sentence, and 3 to 12 `turns`; with `case` a stage of the demonstration data, whose application the
person asks about (`ambiguous`: one whose birth date reads differently when day and month are swapped); with `knows` what the
person says, by the question's id, when the assistant asks (`otherwise`: to any other question); with `known` why it does not
reach its goal.

In a turn the person does one thing:

- `say` these words; `{number}`, `{number_joined}`, `{day}`, `{month}`, `{month_en}` and `{year}` are the case's, `{coming}` is the
  year after this;
- `choose` an offered quick reply by its title or payload;
- `answers` whatever is asked, from `knows`, until a card of this type is there.

When the assistant asks back which of some topics is meant, and one of the turn's `topic` is among them, the person takes it; in one
dialogue this may happen `_MOST_ASKED_BACK` times.

Then something must hold of the replies:

- `topic` is one of these and `topics` are all of these among the topics of the replies;
- `card` is the type of a card and `lacks_card` of none;
- `type`, `materials` and `lacks` are a checklist's application type, ids on it, and ids not on it;
- `stations` is the first key on a station card, `stage` the stage of the first application on a status card;
- `language` is that of every reply of the assistant, where facts may be in English when a line before them says so in that language;
  `offers` are titles or payloads of quick replies, `text` is a piece of the text;
- `asks` is the flow (`materials`), or the flow and its question (`materials.place`), whose open question comes last;
- `state` is the conversation's state after the turn; `handoff: true` means that a person is offered by a card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from bot.catalogue.calendar import local
from bot.data_file import read_yaml
from bot.db import now
from bot.languages import LANGUAGES
from bot.spoken import tongue_of
from tests.dialogue.conftest import Case, Reply, Talk

FOLDER: Final = Path(__file__).parent / "scripts"
FLOWS: Final[Mapping[str, str]] = {
    "materials": "materials",
    "station": "station_nearest",
    "status": "application_status",
    "deadline": "deadline",
}
_ACTS: Final = ("say", "choose", "answers")
_LISTS: Final = ("topic", "topics", "materials", "lacks", "offers", "text")
_QUESTION: Final = "choose:materials."
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS_LATER: Final = ("August", "September", "October", "November", "December")
_MOST_ANSWERS: Final = 12
_MOST_ASKED_BACK: Final = 2


@dataclass(frozen=True)
class Turn:
    """What the person does and what must hold afterwards; see above."""

    say: str | None = None
    choose: str | None = None
    answers: str | None = None
    topic: Sequence[str] = ()
    topics: Sequence[str] = ()
    card: str | None = None
    lacks_card: str | None = None
    type: str | None = None
    materials: Sequence[str] = ()
    lacks: Sequence[str] = ()
    stations: str | None = None
    stage: str | None = None
    language: str | None = None
    offers: Sequence[str] = ()
    asks: str | None = None
    state: str | None = None
    handoff: bool = False
    text: Sequence[str] = ()


@dataclass(frozen=True)
class Dialogue:
    """One person with a goal."""

    goal: str
    turns: Sequence[Turn]
    language: str
    case: str | None = None
    knows: Mapping[str, str] = field(default_factory=dict)
    known: str | None = None


def dialogues(folder: Path = FOLDER) -> list[Dialogue]:
    """Every dialogue, language by language.

    Raises:
        ValueError: naming file, goal and field.
    """
    return [dialogue for file in sorted(folder.glob("*.yml")) for dialogue in _read(file)]


def _read(file: Path) -> Iterator[Dialogue]:
    for entry in read_yaml(file):
        where = f"{file.name}: {entry.get('goal')!r}"
        _refuse_unknown(Dialogue, entry, where, "language")
        if not entry.get("goal") or not 3 <= len(entry.get("turns") or ()) <= 12:
            raise ValueError(f"{where}: a dialogue has a goal and 3 to 12 turns")
        _refuse_other_than_text(entry.get("knows", {}), where)
        turns = [_turn(turn, f"{where}, turn {number}") for number, turn in enumerate(entry["turns"], 1)]
        yield Dialogue(**{**entry, "turns": turns, "language": file.stem})


def _turn(entry: Mapping[str, Any], where: str) -> Turn:
    _refuse_unknown(Turn, entry, where)
    acts = [act for act in _ACTS if act in entry]
    if len(acts) != 1 or len(entry) < 2:
        raise ValueError(f"{where}: one of {', '.join(_ACTS)}, and what must hold then")
    _refuse_other_than_text({act: entry[act] for act in acts}, where)
    if str(entry.get("asks", "materials")).partition(".")[0] not in FLOWS:
        raise ValueError(f"{where}: asks is one of {', '.join(FLOWS)}")
    return Turn(**{key: [value] if key in _LISTS and not isinstance(value, list) else value for key, value in entry.items()})


def _refuse_unknown(kind: type, entry: Mapping[str, Any], where: str, *own: str) -> None:
    unknown = entry.keys() - ({each.name for each in fields(kind)} - set(own))
    if unknown:
        raise ValueError(f"{where}: unknown field {', '.join(sorted(unknown))}")


def _refuse_other_than_text(said: Mapping[str, Any], where: str) -> None:
    # An unquoted "no" is a truth value to YAML.
    for key, words in said.items():
        if not isinstance(words, str):
            raise ValueError(f"{where}: {key} must be words, not {words!r}")


class Misunderstood(AssertionError):
    """A turn was taken for another topic than it is about: the model's doing, which rounding on another machine may move."""


async def hold(dialogue: Dialogue, talk: Talk, cases: Mapping[str, Case]) -> None:
    """Hold `dialogue` in `talk`.

    Raises:
        Misunderstood, AssertionError: naming the turn, what was said, what does not hold, and what was answered.
    """
    fill = _filler(dialogue, cases)
    replies: list[Reply] = []
    asked_back = 0
    for number, turn in enumerate(dialogue.turns, 1):
        before = len(talk.replies)
        said: list[str] = []
        problem = await _act(turn, talk, dialogue, fill, replies, said)
        replies = talk.replies[before:] or replies
        meant = _meant(turn, replies)
        if meant is not None and asked_back < _MOST_ASKED_BACK:
            asked_back += 1
            said.append(f"choice {meant}")
            replies = await talk.says(meant)
        problem = problem or "; ".join(problems(turn, replies, fill))
        if problem:
            heard = "\n".join(f"  [{reply.topic or '/'.join(reply.candidates)}, {reply.language}] {_brief(reply)}" for reply in replies)
            kind = AssertionError if _topics_hold(turn, replies) else Misunderstood
            raise kind(f"{dialogue.goal}\nturn {number}, said: {' | '.join(said)}\n{problem}\nanswered:\n{heard}")


async def _act(turn: Turn, talk: Talk, dialogue: Dialogue, fill: Callable[[str], str], replies: list[Reply], said: list[str]) -> str:
    """What the person does; returns what stood in the way, or nothing."""
    if turn.say is not None:
        said.append(fill(turn.say))
        await talk.says(said[-1])
        return ""
    if turn.choose is not None:
        said.append(f"choice {turn.choose!r}")
        payload = next((each for reply in reversed(talk.replies) for each in _offered(reply, turn.choose)), None)
        if payload is None:
            return "that was not offered"
        await talk.says(payload)
        return ""
    asked: set[str] = set()
    while not any(_is(reply, turn.answers) for reply in replies):
        question = _asked(replies[-1])
        if question is None or question in asked or len(asked) == _MOST_ANSWERS:
            return f"no {turn.answers} and no new question (the last was {question})"
        answer = dialogue.knows.get(question, dialogue.knows.get("otherwise"))
        if answer is None:
            return f"the person knows no answer to {question}"
        asked.add(question)
        said.append(f"{question}: {answer}")
        replies = await talk.says(answer)
    return ""


def _topics_hold(turn: Turn, replies: Sequence[Reply]) -> bool:
    topics = {reply.topic for reply in replies if reply.topic}
    return (not turn.topic or not topics.isdisjoint(turn.topic)) and topics.issuperset(turn.topics)


def problems(turn: Turn, replies: Sequence[Reply], fill: Callable[[str], str] = str) -> Iterator[str]:
    """What does not hold of the replies to a turn."""
    if not _topics_hold(turn, replies):
        yield f"the topic must be {' or '.join(turn.topic)}{' and '.join(turn.topics)}"
    if turn.card and not any(_is(reply, turn.card) for reply in replies):
        yield f"there must be a {turn.card} card"
    if turn.lacks_card and any(_is(reply, turn.lacks_card) for reply in replies):
        yield f"there must be no {turn.lacks_card} card"
    if turn.handoff and not any(_is(reply, "handoff") for reply in replies):
        yield "a person must be offered"
    yield from _of_cards(turn, replies)
    if turn.language and not all(_speaks(reply, turn.language) for reply in replies if reply.author == "bot"):
        yield f"the language must be {turn.language}"
    for wanted in turn.offers:
        if not any(True for reply in replies for _ in _offered(reply, wanted)):
            yield f"{wanted} must be offered"
    whole = "\n".join(reply.text for reply in replies)
    for piece in turn.text:
        if fill(piece) not in whole:
            yield f"the text must hold {fill(piece)!r}"
    if turn.asks and not _asks(replies[-1], turn.asks):
        yield f"the open question of {turn.asks} must come last"
    if turn.state and replies[-1].state != turn.state:
        yield f"the state must be {turn.state}, not {replies[-1].state}"


def _of_cards(turn: Turn, replies: Sequence[Reply]) -> Iterator[str]:
    card: Mapping[str, Any] = next((reply.card for reply in replies if reply.card and _is(reply, "checklist")), {})
    listed = {item["id"] for item in card.get("items", ())}
    if turn.type and card.get("application_type") != turn.type:
        yield f"the list must be for {turn.type}, not {card.get('application_type')}"
    if missing := sorted(set(turn.materials) - listed):
        yield f"{', '.join(missing)} must be on the list {sorted(listed)}"
    if needless := sorted(set(turn.lacks) & listed):
        yield f"{', '.join(needless)} must not be on the list"
    stations = next((reply.stations for reply in replies if _is(reply, "station")), [])
    if turn.stations and stations[:1] != [turn.stations]:
        yield f"the first station must be {turn.stations}, not {stations}"
    stages = [reply.card["applications"][0]["stage"] for reply in replies if reply.card and _is(reply, "status")]
    if turn.stage and stages[:1] != [turn.stage]:
        yield f"the stage must be {turn.stage}, not {stages}"


def _is(reply: Reply, kind: str | None) -> bool:
    return reply.card is not None and reply.card["type"] == kind


def _speaks(reply: Reply, language: str) -> bool:
    """Whether a reply is in this language, or its first line is where the facts after it are in English."""
    return reply.language == language or (language not in LANGUAGES and tongue_of(reply.text.partition("\n")[0]) == language)


def _offered(reply: Reply, wanted: str) -> Iterator[str]:
    return (payload for title, payload in reply.offers.items() if wanted in (title, payload))


def _meant(turn: Turn, replies: Sequence[Reply]) -> str | None:
    """The offer to take when the assistant asks back."""
    offers = (f"/{topic}" for topic in (*turn.topic, *turn.topics) for reply in replies if topic in reply.candidates)
    return next(offers, None)


def _asked(reply: Reply) -> str | None:
    """The question about the person that a reply asks."""
    found = {payload.removeprefix(_QUESTION).partition("=")[0] for payload in reply.offers.values() if payload.startswith(_QUESTION)}
    return found.pop() if len(found) == 1 else None


def _asks(reply: Reply, wanted: str) -> bool:
    flow, _, question = wanted.partition(".")
    if reply.topic != FLOWS[flow] or reply.card is not None:
        return False
    return flow != "materials" or (_asked(reply) is not None and question in ("", _asked(reply)))


def _brief(reply: Reply) -> str:
    card = f" <{reply.card['type']}>" if reply.card else ""
    offers = f" {list(reply.offers)}" if reply.offers else ""
    text = " ".join(reply.text.split())
    return f"{text if len(text) < 220 else text[:217] + '...'}{card}{offers}"


def _filler(dialogue: Dialogue, cases: Mapping[str, Case]) -> Callable[[str], str]:
    values: dict[str, Any] = {"coming": local(now()).year + 1}
    if dialogue.case is not None:
        case = _two_readings(cases) if dialogue.case == "ambiguous" else cases[dialogue.case]
        born = case.born
        values |= {"number": case.number, "number_joined": case.number.replace("-", "").lower()}
        values |= {"day": born.day, "month": born.month, "year": born.year, "month_en": (*_MONTHS, *_MONTHS_LATER)[born.month - 1]}
    return lambda text: text.format(**values)


def _two_readings(cases: Mapping[str, Case]) -> Case:
    # The number of this stage is closed by another test.
    usable = (case for stage, case in cases.items() if stage != "not_approved")
    return next(case for case in usable if case.born.day <= 12 and case.born.day != case.born.month)
