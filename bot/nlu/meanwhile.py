"""What the assistant did not hear of a conversation, put into its tracker before the next message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.catalogue.profile import Profile

KEY: Final = "meanwhile"
"""Where the gateway puts it in the metadata of a message."""
AUTHOR: Final = "author"
STAFF: Final = "staff"
_ID: Final = "id"
_CHECKLIST: Final = "checklist"
_MATERIALS: Final = "materials_state"
_INTERRUPTED: Final = "interrupted_form"
_OF_A_FORM: Final = ("_answer", "_state")


def learn(tracker: DialogueStateTracker, domain: Domain, said: Any) -> None:
    """Add what was said to the tracker, once; after an officer has spoken no question of the assistant's is open any more.

    A checklist that an officer sent, or that stands in the conversation before, is the one that the assistant goes on from, with
    what the applicant has told of themselves after it.
    """
    known = {event.metadata.get(_ID) for event in tracker.events if isinstance(event, BotUttered)}
    entries = [entry for entry in _entries(said) if entry.get(_ID) is None or entry[_ID] not in known]
    events: list[Event] = [
        BotUttered(str(entry.get("text", "")), metadata={AUTHOR: entry.get(AUTHOR), _ID: entry.get(_ID)}) for entry in entries
    ]
    if any(entry.get(AUTHOR) == STAFF for entry in entries):
        events += _open_questions_end(tracker)
    events += _list_known(tracker, events, entries)
    for event in events:
        tracker.update(event, domain)


def _entries(said: Any) -> Iterable[Mapping[str, Any]]:
    return (entry for entry in said if isinstance(entry, Mapping)) if isinstance(said, Sequence) else ()


def _open_questions_end(tracker: DialogueStateTracker) -> list[Event]:
    slots = [name for name in tracker.slots if name.endswith(_OF_A_FORM) and name != _MATERIALS]
    slots += [name for name in (REQUESTED_SLOT, _INTERRUPTED) if name in tracker.slots]
    events: list[Event] = [ActiveLoop(None), *(SlotSet(name, None) for name in slots if tracker.get_slot(name) is not None)]
    kept = tracker.get_slot(_MATERIALS) if _MATERIALS in tracker.slots else None
    if isinstance(kept, Mapping) and "asked" in kept:
        # The list can be gone on with when the applicant comes back to it.
        events.append(SlotSet(_MATERIALS, {"profile": kept["profile"], "unfinished": True} if "profile" in kept else None))
    return events


def _list_known(tracker: DialogueStateTracker, before: Sequence[Event], entries: Sequence[Mapping[str, Any]]) -> list[Event]:
    if _MATERIALS not in tracker.slots:
        return []
    ended = [event.value for event in before if isinstance(event, SlotSet) and event.key == _MATERIALS]
    first = (ended[-1] if ended else tracker.get_slot(_MATERIALS)) or {}
    state = first
    for entry in entries:
        card, told = entry.get("card"), entry.get("told")
        if isinstance(card, Mapping) and card.get("type") == _CHECKLIST and isinstance(card.get("profile"), Mapping):
            state = {"profile": dict(card["profile"])}
        elif isinstance(told, Mapping):
            state = _with_told(state, Profile.from_dict(told))
    return [] if state == first else [SlotSet(_MATERIALS, state)]


def _with_told(state: Mapping[str, Any], told: Profile) -> dict[str, Any]:
    known = Profile.from_dict(state.get("profile") or {})
    another = None not in (told.application_type, known.application_type) and told.application_type != known.application_type
    merged = told if another else known.merged(told)
    if "asked" in state:
        return {**state, "profile": merged.to_dict()}
    keys = {*(() if another else state.get("overheard", ())), *told.context()}
    return {"profile": merged.to_dict(), "unfinished": True, "overheard": sorted(keys)}
