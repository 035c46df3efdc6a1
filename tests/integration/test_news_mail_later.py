"""What becomes of addresses and links as time goes by: another conversation, another day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.attempts import Attempts
from bot.conversations.models import Conversation
from bot.conversations.news import Herald
from bot.db import Database, now
from bot.mail_server import MailServer
from bot.notifications.mailbox import ACTS
from bot.notifications.models import MailAddress, Subscription
from bot.privacy.service import Privacy
from bot.vault import KEY_FILE, Vault
from tests.followers import BORN, NUMBER, following, moved, put
from tests.mailing import MAIL, SITE, confirmed, links, mailing, rows
from tests.office import ANN, Office
from tests.postbox import Postbox


async def follows_anew(office: Office, days_later: int) -> str:
    """A conversation that was begun so many days after the one before, and proved and asked the same again."""
    await office.conversations.end(ANN)
    with office.database.session() as session:
        session.execute(update(Conversation).values(updated_at=now() - timedelta(days=days_later)))
    conversation = await office.says("where is my application?")
    with office.database.session() as session:
        office.permits.look_up(session, NUMBER, BORN, conversation)
    # The choice stands in the conversation before, which the window shows.
    assert await office.says("news:follow") == conversation
    return conversation


async def test_address_outlives_the_conversation_it_was_given_in_while_its_thread_follows(
    database: Database, tmp_path: Path, postbox: Postbox
) -> None:
    office, courier = mailing(database, tmp_path, postbox.server(SITE))
    sent = await confirmed(office, courier, postbox)
    (first,) = [row.conversation_id for row in rows(office, MailAddress)]
    second = await follows_anew(office, 100)
    assert office.messages(second)[-1][2].startswith("You will be told here")
    vault, in_81_days = Vault(tmp_path / KEY_FILE), now() + timedelta(days=81)
    await Privacy(office.record, database, office.permits, vault, Attempts(b"a" * 32), clock=lambda: in_81_days).round()
    assert office.messages(first) == [] and office.messages(second) != [], "the older one is past its time"
    put(office, **moved("accepted", 12))
    await Herald(office.record, office.news).round()
    await courier.round()
    assert [each["X-To"] for each in postbox.taken] == [MAIL, MAIL]
    assert office.news.mailbox is not None
    with database.session() as session:
        assert office.news.mailbox.act(session, "stop", sent["stop"].partition("t=")[2]) == "en", "the link of the first mail"
    assert rows(office, MailAddress) == [] and len(rows(office, Subscription)) == 1


async def test_address_given_by_an_older_link_goes_with_the_conversation_that_asked_last(sqlite_database: Database, tmp_path: Path) -> None:
    office, _ = mailing(sqlite_database, tmp_path, MailServer("localhost", 25, False, "a@example.org", SITE))
    first = await following(office)
    second = await follows_anew(office, 1)
    await office.conversations.news_by_mail(first, MAIL, "network")
    assert [row.conversation_id for row in rows(office, MailAddress)] == [second]


async def test_links_are_good_for_a_day(
    sqlite_database: Database, tmp_path: Path, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, courier = mailing(sqlite_database, tmp_path, postbox.server(SITE))
    mailbox = office.news.mailbox
    assert mailbox is not None
    begun = now()

    def later(by: timedelta) -> None:
        monkeypatch.setattr("bot.notifications.mailbox.now", lambda: begun + by)

    later(timedelta())
    conversation = await following(office)
    invitation = mailbox.invitation(conversation, "en").partition("?t=")[2].rstrip(")")
    await office.conversations.news_by_mail(conversation, MAIL, "network")
    await courier.round()
    shown = {act: path.partition("t=")[2] for act, path in links(postbox.taken[-1]).items()}

    def led() -> tuple[bool, bool, bool]:
        """Whether the invitation, the link that confirms and the one that stops lead anywhere."""
        with sqlite_database.session() as session:
            read = [mailbox.read(session, act, shown[act]) is not None for act in ACTS]
        return (mailbox.invited(invitation) == conversation, read[0], read[1])

    later(timedelta(hours=24) - timedelta(seconds=2))
    assert led() == (True, True, True)
    later(timedelta(hours=24, seconds=2))
    assert led() == (False, False, False)
    with sqlite_database.session() as session:
        assert mailbox.act(session, "confirm", shown["confirm"]) is None
    assert rows(office, MailAddress)[0].confirmed_at is None
    # Whoever confirmed in time can stop it for as long as mails come.
    later(timedelta(hours=23))
    with sqlite_database.session() as session:
        assert mailbox.act(session, "confirm", shown["confirm"]) == "en"
    later(timedelta(days=170))
    assert led() == (False, True, True)
