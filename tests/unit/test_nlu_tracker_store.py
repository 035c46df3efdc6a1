from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu import tracker_store
from bot.nlu.event_log import WentOnElsewhere
from bot.nlu.tracker_store import WorkingMemory

DOMAIN = Domain.from_yaml(
    """
    slots:
      known: {type: any, influence_conversation: false, mappings: [{type: custom}]}
      open: {type: text, influence_conversation: false, mappings: [{type: custom}]}
    forms: {ask_form: {required_slots: [open]}}
    """
)


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[WorkingMemory]:
    memory = WorkingMemory(DOMAIN, where=tmp_path / "rasa.db")
    yield memory
    memory.close()


async def tracker_of(memory: WorkingMemory) -> DialogueStateTracker:
    found = await memory.retrieve("ann")
    if found is None:
        found = DialogueStateTracker("ann", DOMAIN.slots)
        for event in (ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
            found.update(event, DOMAIN)
    return found


async def turn(memory: WorkingMemory, number: int, *happened: SlotSet | ActiveLoop) -> DialogueStateTracker:
    """Take a message up and answer it."""
    tracker = await tracker_of(memory)
    said = UserUttered(f"message {number}", metadata={"message_id": f"m-{number}"})
    for event in (said, ActionExecuted("action_answer"), BotUttered(f"answer {number}"), *happened, ActionExecuted("action_listen")):
        tracker.update(event, DOMAIN)
    await memory.save(tracker)
    return tracker


async def test_long_conversation_is_remembered_for_what_it_came_to_and_its_last_messages_as_they_were(memory: WorkingMemory) -> None:
    await turn(memory, 0, SlotSet("known", {"nationality": "IT"}), ActiveLoop("ask_form"), SlotSet("requested_slot", "open"))
    for number in range(1, 60):
        kept = await turn(memory, number)
        read = await tracker_of(memory)
        assert len(read.events) <= 64
        assert read.current_slot_values() == kept.current_slot_values() and read.get_slot("known") == {"nationality": "IT"}
        assert (read.active_loop_name, read.latest_action_name) == ("ask_form", "action_listen")
        heard = [event.text for event in read.events if isinstance(event, UserUttered)]
        assert heard[-4:] == [f"message {each}" for each in range(max(0, number - 3), number + 1)]
        answered = [event.text for event in read.events if isinstance(event, BotUttered)]
        assert len(answered) == len(heard) and answered[-1] == f"answer {number}"


async def test_what_ended_before_the_messages_that_are_kept_stays_ended(memory: WorkingMemory) -> None:
    await turn(memory, 0, SlotSet("known", {"nationality": "IT"}), ActiveLoop("ask_form"), SlotSet("requested_slot", "open"))
    await turn(memory, 1, SlotSet("known", None), ActiveLoop(None), SlotSet("requested_slot", None))
    for number in range(2, 30):
        await turn(memory, number)
    read = await tracker_of(memory)
    assert len(read.events) <= 64 and read.active_loop_name is None
    assert read.get_slot("known") is None and read.get_slot("requested_slot") is None


async def test_one_turn_with_very_many_events_is_kept_whole(memory: WorkingMemory) -> None:
    await turn(memory, 0, *(SlotSet("open", str(number)) for number in range(200)))
    read = await tracker_of(memory)
    assert len(read.events) > 200 and read.get_slot("open") == "199"


async def test_first_turn_that_is_long_is_shortened_by_the_one_after_it(memory: WorkingMemory) -> None:
    tracker = await tracker_of(memory)
    for number in range(40):
        tracker.update(UserUttered(f"message {number}"), DOMAIN)
        tracker.update(ActionExecuted("action_listen"), DOMAIN)
    await memory.save(tracker)
    assert len((await tracker_of(memory)).events) == 82
    await turn(memory, 40)
    read = await tracker_of(memory)
    assert [event.text for event in read.events if isinstance(event, UserUttered)] == [f"message {each}" for each in range(37, 41)]


async def test_tracker_that_was_shortened_as_it_was_saved_goes_on_where_it_was(memory: WorkingMemory) -> None:
    for number in range(40):
        tracker = await turn(memory, number)
        # How a session begins is one event more in the tracker than what is stored of it.
        if len((await tracker_of(memory)).events) < len(tracker.events) - 1:
            break
    else:
        raise AssertionError("nothing was shortened")
    for later in ("one thing more", "and another"):
        tracker.update(BotUttered(later), DOMAIN)
        await memory.save(tracker)
    read = await tracker_of(memory)
    assert read.events[0] == SessionStarted() and len(read.events) < 64
    assert [event.text for event in read.events if isinstance(event, BotUttered)][-3:] == [
        f"answer {number}",
        "one thing more",
        "and another",
    ]


async def test_session_that_begins_in_a_long_conversation_is_all_that_is_remembered(memory: WorkingMemory) -> None:
    tracker = await tracker_of(memory)
    for number in range(70):
        tracker.update(BotUttered(f"answer {number}"), DOMAIN)
    await memory.save(tracker)
    tracker = await tracker_of(memory)
    for event in (UserUttered("again"), ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
        tracker.update(event, DOMAIN)
    await memory.save(tracker)
    assert [type(event) for event in (await tracker_of(memory)).events] == [SessionStarted, ActionExecuted]


async def test_conversation_that_was_erased_while_it_was_answered_is_not_remembered(memory: WorkingMemory) -> None:
    for number in range(10):
        await turn(memory, number)
    tracker = await tracker_of(memory)
    memory._log.erase("ann")
    tracker.update(UserUttered("and now?"), DOMAIN)
    with pytest.raises(WentOnElsewhere):
        await memory.save(tracker)
    assert await memory.retrieve("ann") is None


async def test_memory_that_was_read_ahead_is_used_once_and_only_as_it_still_stands(memory: WorkingMemory, tmp_path: Path) -> None:
    await turn(memory, 0)
    memory.read_ahead("nobody")
    memory.read_ahead("ann")
    ahead = memory._ahead["ann"]
    assert await memory.retrieve("ann") is ahead
    again = await memory.retrieve("ann")
    assert again is not ahead and again is not None and again.events == ahead.events
    other = WorkingMemory(DOMAIN, where=tmp_path / "rasa.db")
    memory.read_ahead("ann")
    await turn(other, 1)
    other.close()
    read = await memory.retrieve("ann")
    assert read is not None and [event.text for event in read.events if isinstance(event, UserUttered)] == ["message 0", "message 1"]


async def test_memory_that_was_read_ahead_and_is_not_asked_for_is_forgotten(memory: WorkingMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_store, "_AHEAD_FOR_S", 0.01)
    await turn(memory, 0)
    memory.read_ahead("ann")
    await asyncio.sleep(0.1)
    assert not memory._ahead


async def test_memory_that_is_read_ahead_again_has_its_own_time(memory: WorkingMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    await turn(memory, 0)
    monkeypatch.setattr(tracker_store, "_AHEAD_FOR_S", 0.01)
    memory.read_ahead("ann")
    await memory.retrieve("ann")
    monkeypatch.setattr(tracker_store, "_AHEAD_FOR_S", 60.0)
    memory.read_ahead("ann")
    later = memory._ahead["ann"]
    await asyncio.sleep(0.1)
    assert await memory.retrieve("ann") is later


async def test_of_two_processes_that_take_up_the_same_message_one_answers_it_although_it_was_shortened(
    memory: WorkingMemory, tmp_path: Path
) -> None:
    happened = [SlotSet("open", str(number)) for number in range(8)]
    for number in range(8):
        await turn(memory, number, *happened)
    other = WorkingMemory(DOMAIN, where=tmp_path / "rasa.db")
    late = await tracker_of(other)
    for number in range(8, 40):
        await turn(memory, number, *happened)
        if len((await tracker_of(memory)).events) == len(late.events):
            break
    else:
        raise AssertionError("the memory did not come to as many events as it had")
    late.update(UserUttered("message 8"), DOMAIN)
    with pytest.raises(WentOnElsewhere):
        await other.save(late)
    other.close()
