"""Two gateways, two Rasa processes and two action servers on one PostgreSQL and one Redis, as `make cluster` starts them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests import console
from tests.applicants import visiting
from tests.cluster import Cluster, started
from tests.console import PASSWORD, browser
from tests.faults import checks
from tests.faults.load import PERSON, Load, until
from tests.staff import make_officer

# Both are needed, but these of the tests' own are not what the cluster runs on.
pytestmark = pytest.mark.usefixtures("postgres", "redis")

# How long the test waits for what must come; nothing is measured.
WITHIN_S = 120


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    # A shard that was killed may take longer than usual until it answers what it was asked.
    with started(tmp_path_factory.mktemp("cluster"), settings={"BOT_ASSISTANT_TIMEOUT_S": "55"}) as running:
        yield running


class At:
    """The address of one gateway, as the helpers of single gateways take it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def url(self, path: str) -> str:
        """The address of a path."""
        return self._address + path


def officer(session: Session) -> int:
    return make_officer(session, "zhou.min", name="Zhou Min", stations=(), password=PASSWORD).id


async def test_applicant_at_one_gateway_and_officer_at_the_other_talk_live(cluster: Cluster) -> None:
    here, there = cluster.gateways
    database = cluster.database()
    account = await database.run(officer)
    database.close()
    async with visiting(here) as ann, browser(At(there), account, "zhou.min") as zhou:
        await zhou.sign_in()
        await zhou.post("presence", presence="ready")
        async with console.line(zhou) as line:
            conversation = (await ann.say(PERSON))["conversation"]
            await ann.until(lambda: any("desk:wait" in str(body.get("quick_replies")) for body in ann.bodies("bot_uttered")))
            await ann.say("desk:wait")
            await line.until("board_changed")
            await ann.until(lambda: ann.bodies("conversation") and ann.bodies("conversation")[-1]["state"] == "QUEUED")
            await zhou.post(f"conversations/{conversation}/claim")
            watched = await line.ask("watch", conversation_id=conversation, after=0)
            await ann.until(lambda: ann.bodies("conversation")[-1]["state"] == "WITH_STAFF")
            await ann.say("Good morning from the other side.")
            await line.until("message", conversation_id=conversation)
            await zhou.say(conversation, "Good morning, how can I help?")
            told = await ann.hears("Good morning, how can I help?")
    assert watched["ok"] and told["metadata"]["staff"]["name"] == "Zhou Min"
    heard = [body["message"]["text"] for name, body in line.heard if name == "message"]
    assert heard[0] == "Good morning from the other side." and heard.count(heard[0]) == 1


async def test_nothing_is_lost_or_doubled_when_parts_are_killed(cluster: Cluster) -> None:
    database = cluster.database()
    load = Load(cluster.gateways, database, asking=4, talking=2, every_s=1.0)
    try:
        await load.begin()
        for part in ("gateway-1", "rasa-1", "actions-1", "redis", "gateway-2"):
            before = cluster.pid(part)
            said = {person.name: len(person.sent) for person in load.applicants}
            cluster.kill(part)

            def all_were_answered_since(said: dict[str, int] = said) -> bool:
                return all(any(sent.answered_at for sent in person.sent[said[person.name] :]) for person in load.applicants)

            assert await until(all_were_answered_since, WITHIN_S), f"not everybody was answered after {part} was killed"
            while not await cluster.whole():
                await asyncio.sleep(0.1)
            assert cluster.pid(part) != before
        assert await load.pause(WITHIN_S), "not everything that was said was answered"
        found = checks.Found()
        # What was said last may still be on its way to a page.
        for _ in range(WITHIN_S):
            found = await database.run(checks.look, load.applicants, load.officers)
            if not found.lines():
                break
            await asyncio.sleep(0.5)
    finally:
        await load.end()
        database.close()
    assert found.lines() == []
    assert not any(sent.apologised for sent in load.sent())
