"""Who has a conversation: claims, replies, transfers and ends, by officers who are quick, late, or pressed twice."""

from __future__ import annotations

import asyncio

from bot.db import Database
from tests.console import Member, fresh_id, line, member, queued, taken
from tests.gateway import Gateway


async def test_officer_claims_answers_and_closes(gateway: Gateway, officer: Member) -> None:
    conversation_id = await queued(gateway, officer, "ann", "how long does it take?")
    (row,) = (await officer.get("board"))["queue"]
    assert row["state"] == "QUEUED" and row["waiting_since"] and row["reason"] == "asked"
    assert row["first_line"] == "how long does it take?"
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["may"]["claim"] and not view["may"]["reply"]
    assert view["packet"]["asked"][0]["text"] == "how long does it take?"
    assert [each["metadata"]["seq"] for each in view["messages"]] == list(range(1, len(view["messages"]) + 1))
    await officer.post(f"conversations/{conversation_id}/claim")
    await gateway.say(None)
    said = await officer.say(conversation_id, "Twenty working days.")
    assert said["fresh"] and set(said) == {"id", "seq", "created_at", "fresh"}
    (message,) = await gateway.say(None)
    assert message["text"] == "Twenty working days." and message["metadata"]["author"] == "staff"
    assert message["metadata"]["id"] == said["id"]
    shown = (await officer.get(f"conversations/{conversation_id}"))["messages"][-1]["metadata"]
    assert shown["staff"]["name"] == "Wang Li" and shown["client_id"]
    await officer.post(f"conversations/{conversation_id}/close", outcome="solved")
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["conversation"]["state"] == "CLOSED" and view["conversation"]["outcome"] == "solved"
    assert (await officer.get("board"))["mine"] == []


async def test_of_two_officers_at_once_exactly_one_gets_it(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await queued(gateway, officer)
    path = f"conversations/{conversation_id}/claim"
    answers = await asyncio.gather(officer.call("POST", path, {}), colleague.call("POST", path, {}))
    (lost,) = [body for status, body in answers if status != 200]
    assert sorted(status for status, _ in answers) == [200, 409]
    winner = "Wang Li" if answers[0][0] == 200 else "Chen Mei"
    assert lost["error"]["code"] == "already_claimed" and lost["error"]["params"] == {"name": winner}
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["conversation"]["owner"]["name"] == winner


async def test_late_reply_is_refused_with_a_notice_and_not_said(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await officer.post(f"conversations/{conversation_id}/transfer", to_staff=colleague.id, note="please take this over")
    assert (await colleague.get("board"))["queue"][0]["wanted"]["name"] == "Chen Mei"
    await colleague.post(f"conversations/{conversation_id}/claim")
    reply = {"text": "too late", "client_id": fresh_id()}
    assert await officer.refused(f"conversations/{conversation_id}/reply", **reply) == (409, "conversation_lost", {"name": "Chen Mei"})
    assert "too late" not in await gateway.texts(None)
    assert (await colleague.get(f"conversations/{conversation_id}"))["notes"][0]["text"] == "please take this over"


async def test_reply_sent_twice_is_said_once(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await gateway.say(None)
    first = await officer.say(conversation_id, "once", "the-same")
    again = await officer.say(conversation_id, "once", "the-same")
    assert first["fresh"] and not again["fresh"] and first["id"] == again["id"]
    assert await gateway.texts(None) == ["once"]


async def test_handed_back_conversation_is_answered_by_the_assistant_again(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await gateway.say("silence please")
    assert "silence please" not in gateway.rasa.texts
    await officer.post(f"conversations/{conversation_id}/hand_back")
    assert "echo: and now" in await gateway.texts("and now")
    assert await officer.refused(f"conversations/{conversation_id}/close", outcome="solved") == (409, "conversation_lost", {"name": None})


async def test_officer_joins_what_the_assistant_has(gateway: Gateway, officer: Member) -> None:
    await gateway.say("hello")
    (row,) = (await officer.get("conversations?state=BOT"))["rows"]
    await officer.post(f"conversations/{row['id']}/join")
    assert [each["id"] for each in (await officer.get("board"))["mine"]] == [row["id"]]
    await gateway.say("nobody but you")
    assert "nobody but you" not in gateway.rasa.texts
    assert (await officer.get("board"))["mine"][0]["unread"] >= 1


async def test_only_what_came_after_the_last_number_is_fetched(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", "my number is 202612345678")
    seqs = [each["metadata"]["seq"] for each in (await officer.get(f"conversations/{conversation_id}"))["messages"]]
    await officer.say(conversation_id, "for 2026-1234-5678 it is done")
    (message,) = (await officer.get(f"conversations/{conversation_id}?after={seqs[-1]}"))["messages"]
    assert message["metadata"]["seq"] == seqs[-1] + 1 and message["text"] == "for ••••5678 it is done"
    assert (await officer.refused(f"conversations/{conversation_id}?after=x", "GET"))[:2] == (400, "field_type")


async def test_both_officers_hear_who_won_the_claim(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await queued(gateway, officer)
    async with line(officer) as first, line(colleague) as second:
        for each in (first, second):
            assert (await each.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        answers = await asyncio.gather(*(each.call("POST", f"conversations/{conversation_id}/claim", {}) for each in (officer, colleague)))
        winner = "Wang Li" if answers[0][0] == 200 else "Chen Mei"
        for each in (first, second):
            state = await each.until("state", state="WITH_STAFF")
            assert state["owner"]["name"] == winner
            # The line that tells the applicant stands once.
            assert [message["metadata"]["desk"] for message in await each.messages_until("system")] == ["claimed"]


async def test_claim_pressed_again_by_the_winner_changes_nothing(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    before = len((await officer.get(f"conversations/{conversation_id}"))["messages"])
    await officer.post(f"conversations/{conversation_id}/claim")
    assert len((await officer.get(f"conversations/{conversation_id}"))["messages"]) == before


async def test_claim_of_what_does_not_wait_says_where_it_is(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    path = f"conversations/{conversation_id}"
    assert await colleague.refused(f"{path}/join") == (409, "already_claimed", {"name": "Wang Li"})
    await officer.post(f"{path}/hand_back")
    assert await colleague.refused(f"{path}/claim") == (409, "state_changed", {"state": "BOT"})
    await colleague.post(f"{path}/join")
    await colleague.post(f"{path}/close", outcome="other")
    assert await officer.refused(f"{path}/claim") == (409, "state_changed", {"state": "CLOSED"})


async def test_refusals_are_told_in_the_language_of_the_officer(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    told = {}
    for language in ("en", "zh"):
        colleague.language = language
        _, answered = await colleague.call("POST", f"conversations/{conversation_id}/claim", {})
        told[language] = answered["error"]["message"]
    assert "Wang Li" in told["en"] and "Wang Li" in told["zh"] and told["en"] != told["zh"]


async def test_replies_with_one_name_at_the_same_moment_are_one(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await gateway.say(None)
    receipts = await asyncio.gather(*(officer.say(conversation_id, "only once", "one-name") for _ in range(5)))
    assert len({each["id"] for each in receipts}) == 1 and sorted(each["fresh"] for each in receipts) == [False] * 4 + [True]
    assert await gateway.texts(None) == ["only once"]


async def test_reply_of_before_the_loss_is_confirmed_after_it(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    first = await officer.say(conversation_id, "this was said", "kept-name")
    await officer.post(f"conversations/{conversation_id}/transfer", to_staff=colleague.id)
    await colleague.post(f"conversations/{conversation_id}/claim")
    again = await officer.say(conversation_id, "this was said", "kept-name")
    assert not again["fresh"] and again["id"] == first["id"]


async def test_names_of_two_officers_replies_do_not_meet(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await officer.say(conversation_id, "from Wang", "m-1")
    await officer.post(f"conversations/{conversation_id}/transfer", to_staff=colleague.id)
    await colleague.post(f"conversations/{conversation_id}/claim")
    assert (await colleague.say(conversation_id, "from Chen", "m-1"))["fresh"]
    said = [message["text"] for message in (await officer.get(f"conversations/{conversation_id}"))["messages"]]
    assert {"from Wang", "from Chen"} <= set(said)


async def test_transfer_goes_to_whom_it_names_and_to_nobody_who_cannot_take_it(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await queued(gateway, officer)
    (waiting,) = (await officer.get("board"))["queue"]
    await officer.post(f"conversations/{conversation_id}/claim")
    path = f"conversations/{conversation_id}/transfer"
    assert (await officer.refused(path, to_staff=trainee.id))[:2] == (400, "transfer_target")
    assert (await officer.refused(path, to_staff=officer.id))[:2] == (400, "transfer_target")
    assert (await officer.refused(path, to_staff=999))[:2] == (400, "transfer_target")
    assert (await officer.refused(path, to_staff="x"))[:2] == (400, "field_type")
    assert (await officer.refused(path, to_station="nowhere"))[:2] == (400, "unknown_value")
    await officer.post(path, to_station="qianhai")
    (row,) = (await officer.get("board"))["queue"]
    assert row["station"] == "qianhai" and row["state"] == "QUEUED"
    # The list says since when the applicant waits for an answer, by which it is sorted.
    assert row["waiting_since"] == waiting["waiting_since"]


async def test_end_needs_an_outcome_that_there_is(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    assert (await officer.refused(f"conversations/{conversation_id}/close", outcome="bored"))[:2] == (400, "unknown_value")
    assert (await officer.refused(f"conversations/{conversation_id}/close"))[:2] == (400, "field_type")


async def test_next_conversation_knows_the_one_before(gateway: Gateway, officer: Member, database: Database) -> None:
    first = await taken(gateway, officer, "ann", "how long does it take?")
    await officer.post(f"conversations/{first}/close", outcome="solved")
    assert (await officer.refused(f"conversations/{first}/reply", text="one more thing", client_id=fresh_id()))[1] == "conversation_lost"
    second = await queued(gateway, officer, "ann", "and the fee?")
    view = await officer.get(f"conversations/{second}")
    assert second != first and view["packet"]["earlier"] == 1
    (earlier,) = view["conversation"]["earlier"]
    assert (earlier["id"], earlier["outcome"]) == (first, "solved") and earlier["closed_at"]
    async with member(gateway, database, "far", stations=["pingshan"]) as other:
        assert (await other.get(f"conversations/{first}"))["conversation"]["state"] == "CLOSED"
