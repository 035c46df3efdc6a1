"""Which materials: from a sentence or step by step to the checklist for one person, and single materials by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.dates import today
from actions.forms import Flow, State, Step, flow_actions, start
from actions.services import current
from actions.turn import COMMANDS, Turn
from bot.answers.asked import typed
from bot.catalogue.conditions import UNKNOWN
from bot.catalogue.profile import CATEGORY, TYPE, Profile
from bot.errors import Invalid

# Topics whose words are also answers to our questions, so that being sure of them does not make a message a question.
_ANSWERS: Final = frozenset({"materials", "affirm", "deny"})
# What saying one of these topics answers when the question is what to apply for.
_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "extension": {TYPE: "extension"},
    "change_employer": {TYPE: "change_employer"},
    "change_information": {TYPE: "change_information"},
    "passport_change": {TYPE: "change_information", "change": "passport"},
    "cancellation": {TYPE: "cancellation"},
    "short_term": {TYPE: "short_term"},
    "in_country": {TYPE: "new_in_china"},
    "late_extension": {},
}
# How many things a message must say of the person to be about the list: with a word for it, and without one.
_NAMED: Final = 2
_DESCRIBED: Final = 3
# What is concluded and not said.
_DERIVED: Final = frozenset({"teaches_mother_tongue"})
_ASKED: Final = "utter_ask_circumstance"
_EXTENSION: Final = "extension"
_CHANGE: Final = "change"
_LIST: Final = "utter_checklist"
_SIGNS: Final = " .,!()。，！"
_LETTER = re.compile(r"^[ (]*[abc][ .,!)。，！]*$", re.IGNORECASE)
_CORRECTION = re.compile(
    r"^\W*(?:(?:no|nope|not|sorry|actually|wait|i mean|correction|instead)\b|不|错了|改成|应该是|我是说)", re.IGNORECASE
)
# Somebody else, of whom nothing is known yet.
_ANOTHER = re.compile(
    r"\b(?:another|other|second|next) (?:colleague|employee|person|applicant|candidate|teacher|engineer|one of (?:our|my))\b"
    r"|\bsomeone else\b"
    r"|(?:另一|另外一|还有一|下一|换一?)[个位名](?:同事|员工|人|外教|老师|申请人|工程师)",
    re.IGNORECASE,
)


class MaterialsFlow(Flow):
    """Asks for what still changes the list and nothing else; any answer may correct an earlier one."""

    name: ClassVar[str] = "materials"
    action: ClassVar[str] = "action_list_materials"

    def begin(self, turn: Turn, before: State) -> Step:
        if _ANOTHER.search(turn.words):
            before = {}
        known = Profile.from_dict(before.get("profile") or {})
        new = self._read(turn, known, before.get("asked"))
        if self.mends(turn):
            new = _within(known, new)
        if new.application_type is None and "unfinished" not in before and "asked" not in before:
            meant = self._with_topic(_spoken_of(turn), new)
            if meant.to_dict() != new.to_dict():
                return replace(self._step(meant), says=(_noted(new, meant),))
        corrects = bool(new.context()) and (new.application_type is None or _corrects(turn))
        same = known.application_type is None or new.application_type in (None, known.application_type)
        if not (corrects or "asked" in before or (before.get("unfinished") and same)):
            return self._step(new)
        merged = known.merged(new)
        # What was said to an officer is taken for granted here, so that the applicant must see it.
        keys = [key for key in before.get("overheard", ()) if key not in new.context()]
        says = (("utter_noted", {"profile": merged.to_dict(), "keys": keys}),) if keys else ()
        return replace(self._step(merged), says=says)

    def choose(self, turn: Turn, before: State) -> Step | None:
        assert turn.chosen is not None
        _, question, value = turn.chosen
        try:
            return self._step(Profile.from_dict(before.get("profile") or {}).answered(question, value))
        except Invalid:
            # It was offered by an earlier version of the catalogue.
            return None

    def mends(self, turn: Turn) -> bool:
        """Whether the message corrects what the list rests on that was the last answer."""
        if turn.asks or all(said.response != _LIST for said in turn.said):
            return False
        known = Profile.from_dict((turn.tracker.get_slot("materials_state") or {}).get("profile") or {})
        before, new = known.context(), self._read(turn, known, None).context()
        changed = {key for key, value in new.items() if before.get(key) != value}
        # Another kind of application, or a category, may be named because it is asked about.
        return bool(changed if _corrects(turn) else changed & before.keys() - {TYPE, CATEGORY})

    def claims(self, turn: Turn) -> bool:
        if self.mends(turn):
            return True
        reader = current().catalogue.papers.reader
        profile = reader.read_profile(turn.words)
        if turn.candidates[:1] == ("materials",) and profile.application_type is not None:
            return True
        said = profile.context().keys() - _DERIVED - ({TYPE} if "purpose" in profile.circumstances else set())
        return (len(said) >= _DESCRIBED and not turn.asks) or (len(said) >= _NAMED and reader.asks_for_list(turn.words))

    def take(self, turn: Turn, state: State) -> Step | None:
        profile = Profile.from_dict(state["profile"])
        asked = state.get("asked")
        if turn.chosen is not None:
            return self.choose(turn, state)
        if asked is None:
            return self._step(profile)
        named = typed(current().answers, current().catalogue.papers.checklists.question(asked, profile), turn.text, turn.tongue)
        if named is not None:
            return self._step(profile.answered(asked, named))
        if not turn.words or self._belongs_elsewhere(turn, asked, profile):
            return None
        if turn.refuses:
            return self._step(profile.answered(asked, UNKNOWN))
        new = self._read(turn, profile, asked)
        if asked == _CHANGE:
            new = _within(profile, new)
        value = self._answer(turn, asked, profile)
        if value is not None and asked not in new.context() and not self._by_the_way(turn, asked, value, profile):
            new = new.answered(asked, value)
        if value is None and _LETTER.match(turn.words):
            # It is asked for later, or was before.
            new = new.answered(CATEGORY, turn.words.strip(_SIGNS).upper())
        if asked == TYPE and value != UNKNOWN:
            new = self._with_topic(turn.intent, new)
        merged = profile.merged(new)
        if merged.to_dict() == profile.to_dict():
            return None
        step = self._step(merged)
        if step.state.get("asked") != asked:
            return step
        return replace(step, says=(_noted(profile, merged),))

    @staticmethod
    def _with_topic(name: str | None, new: Profile) -> Profile:
        """What a message says that is about one kind of application, unless its words say another."""
        topic = _TYPES.get(name or "", {})
        if "purpose" in new.circumstances or new.application_type not in (None, topic.get(TYPE)):
            return new
        missing = {question: said for question, said in topic.items() if question not in new.context()}
        for question, said in missing.items():
            new = new.answered(question, said)
        return new

    @staticmethod
    def _read(turn: Turn, known: Profile, asked: str | None) -> Profile:
        reader = current().catalogue.papers.reader
        found = reader.read_profile(turn.words, known, asked, _corrects(turn))
        for meant in turn.meant:
            found = found.merged(reader.read_profile(meant, known.merged(found), asked, corrects=True))
        return found

    @staticmethod
    def _answer(turn: Turn, asked: str, profile: Profile) -> str | None:
        read = current().catalogue.papers.reader.read_answer
        values = (read(asked, said, profile) for said in (*reversed(turn.meant), turn.words))
        return next((value for value in values if value is not None), None)

    @staticmethod
    def _belongs_elsewhere(turn: Turn, asked: str, profile: Profile) -> bool:
        if not turn.interrupts or turn.intent in _ANSWERS or turn.refuses:
            return False
        reader = current().catalogue.papers.reader
        if not turn.asks and reader.names_answer(asked, turn.words, profile):
            return False
        if turn.short and not turn.asks and turn.intent not in COMMANDS and reader.read_profile(turn.words).circumstances:
            return False
        topic = current().answers.topics.get(turn.intent or "")
        if turn.asks or turn.intent in COMMANDS or (topic is not None and topic.group == "talk"):
            return True
        # What is told under another topic names a kind of application without choosing it ("they refuse to cancel my permit").
        named = None if turn.short or turn.intent in _TYPES else reader.read_profile(turn.words).application_type
        return named not in (None, profile.application_type) and not _corrects(turn)

    @staticmethod
    def _by_the_way(turn: Turn, asked: str, value: str, profile: Profile) -> bool:
        """Whether a message that is surely about a topic of its own only happens to hold a word of an answer."""
        papers = current().catalogue.papers
        offered = asked not in papers.circumstances or papers.circumstances[asked].kind == "choice"
        if not offered or not turn.interrupts or turn.intent in _ANSWERS or turn.intent in _TYPES:
            return False
        return not papers.reader.is_answer(asked, turn.words, profile) and not (turn.short and value == UNKNOWN)

    def ask(self, turn: Turn, state: State) -> None:
        if state.get("asked"):
            turn.say(_ASKED, question=state["asked"], profile=state["profile"])

    def finish(self, turn: Turn, state: State) -> State:
        profile = Profile.from_dict(state["profile"])
        found = current().catalogue.papers.checklists.checklist(profile, today())
        if found.application_type is None and found.outcome is None:
            turn.say("utter_checklist_type_unknown")
            return {}
        turn.say(_LIST, profile=state["profile"])
        return {"profile": state["profile"]}

    def rest(self, state: State) -> State:
        if "profile" not in state:
            return {}
        kept: State = {key: state[key] for key in ("profile", "overheard") if key in state}
        return {**kept, "unfinished": True} if state.keys() & {"asked", "unfinished"} else kept

    @staticmethod
    def _step(profile: Profile) -> Step:
        question = current().catalogue.papers.checklists.next_question(profile, today())
        state: State = {"profile": profile.to_dict()}
        if question is None:
            return Step(state, done=True)
        return Step({**state, "asked": question.id})


def _corrects(turn: Turn) -> bool:
    return _CORRECTION.match(turn.words) is not None or (not turn.asks and current().catalogue.papers.answer_words.corrects(turn.text))


def _within(known: Profile, new: Profile) -> Profile:
    """What changed in the meantime goes along with an extension that is applied for and makes no other application of it."""
    along = known.application_type == _EXTENSION and _CHANGE in new.circumstances
    return replace(new, application_type=None) if along else new


def _spoken_of(turn: Turn) -> str | None:
    """The kind of application that the last answer was about: "which papers?" after it is meant for that."""
    return next((topic for topic in _TYPES if any(said.response == f"utter_{topic}" for said in turn.said)), None)


def _noted(before: Profile, after: Profile) -> tuple[str, Mapping[str, Any]]:
    """The response that says what a message added or changed."""
    known = before.context()
    keys = [key for key, value in after.context().items() if known.get(key) != value]
    return "utter_noted", {"profile": after.to_dict(), "keys": keys}


FLOW = MaterialsFlow()
ACTIONS = flow_actions(FLOW)


class AnswerOrList(Action):
    """The answer to the topic, or the list where the message says so much of the person that it asks for that."""

    def name(self) -> str:
        return "action_answer_or_list"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        if self.wants_list(turn):
            return start(FLOW, turn)
        turn.say(f"utter_{turn.intent}")
        return []

    def wants_list(self, turn: Turn) -> bool:
        """Whether the list is what the message asks for."""
        return FLOW.claims(turn)


class AnswerOrMend(AnswerOrList):
    """The answer to the topic, or the list made anew where the message corrects what it rests on."""

    def name(self) -> str:
        return "action_answer_or_mend"

    def wants_list(self, turn: Turn) -> bool:
        return FLOW.mends(turn)


class ShowMaterial(Action):
    """One material by any of its names, as it is for the person of the last checklist."""

    def name(self) -> str:
        return "action_show_material"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        material = current().catalogue.papers.materials.find(turn.text)
        if material is None:
            turn.say("utter_ask_material")
        elif material.withdrawn(today()):
            turn.say("utter_material_withdrawn", material=material.id)
        else:
            turn.say("utter_material", material=material.id, profile=(tracker.get_slot("materials_state") or {}).get("profile"))
        return []
