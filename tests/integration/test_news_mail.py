"""News by e-mail through a real server: asked for, confirmed, stopped by a link, and telling nothing but that there is some."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import smtplib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from sqlalchemy import select, update

from bot.conversations.news import Herald
from bot.conversations.threads import Address
from bot.db import Database, now
from bot.errors import Invalid, NotAllowed, StartError, TooMany
from bot.languages import TONGUES
from bot.mail_server import MailServer
from bot.notifications.courier import Courier, send
from bot.notifications.mailbox import CONFIRM_WITHIN, Letter, Mailbox, lock_anew
from bot.notifications.models import Mail, MailAddress, Subscription
from bot.settings import Settings
from tests.followers import NUMBER, following, moved, put
from tests.gateway import Gateway, running
from tests.mailing import MAIL, SITE, confirmed, links, mailing, rows
from tests.office import ANN, BOB, Office
from tests.postbox import Postbox
from tests.servers import free_port

CAROL = Address("socket", "session", "carol")


@pytest_asyncio.fixture
async def gateway(database: Database, tmp_path: Path, postbox: Postbox) -> AsyncIterator[Gateway]:
    url = database.engine.url.render_as_string(hide_password=False)
    settings = Settings(data_dir=tmp_path, database_url=url, demo=False, mail=postbox.server(SITE))
    async with running(settings) as opened:
        yield opened


async def test_mail_is_asked_for_confirmed_sent_and_stopped_by_its_links(
    gateway: Gateway, database: Database, tmp_path: Path, postbox: Postbox
) -> None:
    office, _ = mailing(database, tmp_path, postbox.server(SITE))
    conversation = await following(office)
    await office.conversations.set_language(ANN, "zh")
    ask = re.search(r"http://assistant.example(/news/ask[^)]+)", office.messages(conversation)[-1][2])
    assert ask is not None
    async with gateway.client.get(gateway.url(ask[1])) as response:
        assert response.status == 200 and "E-mail address" in await response.text()
    async with gateway.client.post(gateway.url(ask[1]), data={"address": '"><script>'}) as response:
        page = await response.text()
        assert response.status == 400 and "name@example.org" in page and "&quot;&gt;&lt;script&gt;" in page and "<script>" not in page
    async with gateway.client.post(gateway.url(ask[1]), data={"address": MAIL}) as response:
        assert response.status == 200 and "邮件已发出" in await response.text()
    await postbox.received(1)
    asked = links(postbox.taken[0])
    assert postbox.taken[0]["Subject"] == "请确认您的邮箱地址" and set(asked) == {"confirm", "stop"}
    # Looking is not confirming: programs that look for dangers open every link.
    async with gateway.client.get(gateway.url(asked["confirm"])) as response:
        page = await response.text()
        assert response.status == 200 and 'lang="zh-CN"' in page and page.count("<button") == 1 and MAIL not in page
    assert rows(office, MailAddress)[0].confirmed_at is None
    put(office, **moved("accepted", 12))
    await until(lambda: not unsaid(office))
    assert rows(office, Mail) == []
    async with gateway.client.post(gateway.url(asked["confirm"])) as response:
        assert response.status == 200 and "<button" not in await response.text()
    put(office, **moved("under_examination", 14))
    await postbox.received(2)
    told = postbox.taken[1]
    assert (told["Subject"], told["X-To"], told["From"]) == ("您关注的事项有新进展", MAIL, "assistant@example.org")
    stop = told["List-Unsubscribe"].strip("<>").removeprefix(SITE)
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and links(told) == {"stop": stop}
    async with gateway.client.post(gateway.url(stop), data={"List-Unsubscribe": "One-Click"}) as response:
        assert response.status == 200
    assert rows(office, MailAddress) == [] and len(rows(office, Subscription)) == 1
    async with gateway.client.get(gateway.url(stop)) as response:
        assert response.status == 404
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or MAIL.encode() not in path.read_bytes(), path


def unsaid(office: Office) -> bool:
    """Whether something is still to be told in a window."""
    return any(row.due_at <= now() or row.told_stage == "submitted" for row in rows(office, Subscription))


async def until(holds: Any) -> None:
    async def wait() -> None:
        while not holds():
            await asyncio.sleep(0.05)

    await asyncio.wait_for(wait(), 60)


@pytest.mark.parametrize("tongue", TONGUES)
async def test_no_mail_tells_anything_but_that_there_is_news(sqlite_database: Database, tmp_path: Path, tongue: Any) -> None:
    office, _ = mailing(sqlite_database, tmp_path, MailServer("localhost", 25, False, "a@example.org", SITE))
    mailbox = office.news.mailbox
    assert mailbox is not None
    conversation = await following(office)
    written = []
    with sqlite_database.session() as session:
        mailbox.ask(session, conversation, [conversation], MAIL, tongue)
        written.append(mailbox.take(session))
        session.execute(update(MailAddress).values(confirmed_at=now()))
        mailbox.notify(session, [conversation])
        written.append(mailbox.take(session))
        assert mailbox.take(session) is None
    for letter in written:
        assert isinstance(letter, Letter)
        text = letter.message.as_bytes().decode() + letter.message.get_content() + letter.message["Subject"]
        # The marks of the links, whose letters and figures are chance, are no words.
        text, marks = re.subn(r"(t=(?:3D)?\d+)\.[\w-]+", r"\1", text.replace("=\r\n", ""))
        assert marks > 2, text
        for told in (NUMBER, "0001", "Exemplar", "1987", "submitted", "Submitted", "Invented", "extension", "permit", "许可", conversation):
            assert told not in text.replace(MAIL, "").replace("Auto-Submitted", "").replace(letter.message["Message-ID"], ""), (told, text)
        assert b"\r\nList-Unsubscribe: <http://assistant.example/news/stop?t=" in letter.message.as_bytes()
        assert letter.message.get_content_type() == "text/plain" and letter.message["To"] == MAIL


async def test_couriers_side_by_side_send_once_and_one_that_dies_leaves_its_mail_to_the_next(
    database: Database, tmp_path: Path, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, courier = mailing(database, tmp_path, postbox.server(SITE))
    await confirmed(office, courier, postbox)
    await confirmed(office, courier, postbox, BOB, "bob@example.org")
    put(office, **moved("accepted", 12))
    await Herald(office.record, office.news).round()
    assert office.news.mailbox is not None
    others = [Courier(database, office.news.mailbox) for _ in range(3)]
    await asyncio.gather(*(each.round() for each in (courier, *others)))
    assert sorted(each["X-To"] for each in postbox.taken[2:]) == [MAIL, "bob@example.org"] and rows(office, Mail) == []
    # Taken by the server, but whoever gave it to the server could not note that: it is sent once more, as the same message.
    put(office, **moved("under_examination", 14))
    await Herald(office.record, office.news).round()
    with monkeypatch.context() as broken:
        broken.setattr(Mailbox, "sent", _die)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                await courier.round()
    await courier.round()
    assert len(postbox.taken) == 6, "whoever comes meanwhile takes nothing that is taken"
    with database.session() as session:
        session.execute(update(Mail).values(due_at=now()))
    await courier.round()
    repeated = [each["Message-ID"] for each in postbox.taken[4:]]
    assert len(repeated) == 4 and sorted(repeated[:2]) == sorted(repeated[2:]) and rows(office, Mail) == []


def _die(*_: object) -> None:
    raise RuntimeError("the process dies here")


async def test_what_the_server_does_not_take_is_tried_again_and_an_address_it_refuses_is_dropped(
    sqlite_database: Database, tmp_path: Path, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office, courier = mailing(sqlite_database, tmp_path, postbox.server(SITE))
    await office.conversations.news_by_mail(await following(office), MAIL, "network")

    async def tried() -> tuple[int, int]:
        with sqlite_database.session() as session:
            session.execute(update(Mail).values(due_at=now()))
        await courier.round()
        (mail,) = rows(office, Mail)
        assert mail.due_at > now() and postbox.taken == []
        return mail.attempts, int((mail.due_at - now()).total_seconds() / 60 + 0.5)

    with monkeypatch.context() as elsewhere:
        elsewhere.delenv("SSL_CERT_FILE")
        assert await tried() == (1, 1), "a server whose certificate is not known gets nothing"
    postbox.refuses = "451 Greylisted <ada.exemplar@example.org>"
    assert await tried() == (2, 5)
    for about_us in ("554 5.7.1 <ada.exemplar@example.org>: Relay access denied", "550 5.1.8 Sender address rejected", "550 blocked"):
        postbox.refuses = about_us
        await tried()
        assert len(rows(office, MailAddress)) == 1, about_us
    postbox.refuses = "550 5.1.1 No such mailbox <ada.exemplar@example.org>"
    with sqlite_database.session() as session:
        session.execute(update(Mail).values(due_at=now()))
    await courier.round()
    assert rows(office, Mail) == [] and rows(office, MailAddress) == [] and postbox.taken == []
    assert "mail not taken, refused: SMTPRecipientsRefused 550" in caplog.text and "exemplar@" not in caplog.text


async def test_an_outage_loses_mails_but_no_address_that_was_confirmed(sqlite_database: Database, tmp_path: Path, postbox: Postbox) -> None:
    office, courier = mailing(sqlite_database, tmp_path, postbox.server(SITE))
    await confirmed(office, courier, postbox)
    assert office.news.mailbox is not None
    outcomes: list[str] = []
    unable = Courier(sqlite_database, replace(office.news.mailbox, server=postbox.server(SITE, "old")), outcomes.append)
    put(office, **moved("accepted", 12))
    await Herald(office.record, office.news).round()
    waits = timedelta()
    while rows(office, Mail):
        with sqlite_database.session() as session:
            session.execute(update(Mail).values(due_at=now()))
        await unable.round()
        waits += max((mail.due_at - now() for mail in rows(office, Mail)), default=timedelta())
    assert set(outcomes[:-1]) == {"delayed"} and outcomes[-1] == "lost" and waits > timedelta(days=2)
    assert len(rows(office, MailAddress)) == 1
    put(office, **moved("under_examination", 14))
    await Herald(office.record, office.news).round()
    await courier.round()
    assert len(postbox.taken) == 2, "the next news reach whoever confirmed"


async def test_mail_that_fails_in_an_unforeseen_way_does_not_keep_the_others_waiting(
    sqlite_database: Database, tmp_path: Path, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    office, _ = mailing(sqlite_database, tmp_path, postbox.server(SITE))
    assert office.news.mailbox is not None
    for address in (ANN, BOB):
        await office.conversations.news_by_mail(await following(office, address), MAIL, "network")
    unusable = replace(office.news.mailbox, server=replace(postbox.server(SITE), password="pässword"))
    await Courier(sqlite_database, unusable).round()
    assert [mail.attempts for mail in rows(office, Mail)] == [1, 1] and "pässword" not in caplog.text


class Elsewhere(MailServer):
    """A server that passes for one on another machine."""

    is_here = False


def test_nothing_is_sent_in_the_clear_to_another_machine() -> None:
    plain = Controller(Sink(), hostname="127.0.0.1", port=free_port(), ready_timeout=60.0)
    plain.start()
    try:
        here = MailServer("127.0.0.1", plain.port, False, "a@example.org", SITE)
        message = EmailMessage()
        message["From"], message["To"] = "a@example.org", MAIL
        send(here, message)
        with pytest.raises(smtplib.SMTPNotSupportedError):
            send(Elsewhere("127.0.0.1", plain.port, False, "a@example.org", SITE), message)
    finally:
        plain.stop()


async def test_addresses_are_limited_so_that_nobody_is_flooded(sqlite_database: Database, tmp_path: Path) -> None:
    office, _ = mailing(sqlite_database, tmp_path, MailServer("localhost", 25, False, "a@example.org", SITE))
    idle = await office.says("hello", address=CAROL)
    with pytest.raises(NotAllowed, match="news_not_followed"):
        await office.conversations.news_by_mail(idle, MAIL, "network")
    ann, bob = await following(office), await following(office, BOB)
    for number in range(3):
        await office.conversations.news_by_mail(ann, f"ada{number}@example.org", "network")
    assert len(rows(office, MailAddress)) == len(rows(office, Mail)) == 1, "the last one takes the place of the one before"
    with pytest.raises(TooMany):
        await office.conversations.news_by_mail(ann, "fresh@example.org", "network")
    # What is no address, or more than one, is asked again and costs none of the three.
    two = f"{MAIL},eve@example.org", f"{MAIL}\r\nBcc: eve@example.org", f"{MAIL} eve@example.org"
    for bad in ("", "nobody", "a@b", "x" * 300 + "@example.org", *two):
        with pytest.raises(Invalid, match="contact_"):
            await office.conversations.news_by_mail(bob, bad, "network")
    for number in range(3):
        await office.conversations.news_by_mail(bob, f"bob{number}@example.org", "network")


async def test_a_mailbox_is_asked_three_times_a_day_under_whatever_name(sqlite_database: Database, tmp_path: Path) -> None:
    office, _ = mailing(sqlite_database, tmp_path, MailServer("localhost", 25, False, "a@example.org", SITE))
    ann, bob = await following(office), await following(office, BOB)
    for mail in ("ada@example.org", "Ada+1@example.org", "ada+2+3@Example.org"):
        await office.conversations.news_by_mail(ann, mail, "network")
    for mail in ("ada@example.org", "ADA+4@example.org", "ada+@example.org"):
        with pytest.raises(TooMany):
            await office.conversations.news_by_mail(bob, mail, "another network")
    await office.conversations.news_by_mail(bob, "adam@example.org", "another network")


async def test_no_mail_is_offered_where_none_is_sent(sqlite_database: Database) -> None:
    office = Office(sqlite_database)
    put(office)
    conversation = await following(office)
    assert "/news/" not in office.messages(conversation)[-1][2]
    with pytest.raises(NotAllowed, match="mail_not_offered"):
        await office.conversations.news_by_mail(conversation, MAIL, "network")


async def test_address_goes_when_it_is_no_longer_needed(sqlite_database: Database, tmp_path: Path, postbox: Postbox) -> None:
    office, courier = mailing(sqlite_database, tmp_path, postbox.server(SITE))

    def tidied() -> int:
        with sqlite_database.session() as session:
            office.news.tidy(session)
        return len(rows(office, MailAddress))

    await confirmed(office, courier, postbox)
    assert tidied() == 1
    put(office, **moved("not_approved", 12))
    await Herald(office.record, office.news).round()
    assert tidied() == 1, "the last news are still to be sent"
    await courier.round()
    assert len(postbox.taken) == 2 and tidied() == 0
    put(office, history=[{"stage": "submitted", "at": "2026-11-10T09:00:00+08:00"}])
    bob = await following(office, BOB)
    await office.conversations.news_by_mail(bob, MAIL, "network")
    assert tidied() == 1
    with sqlite_database.session() as session:
        session.execute(update(MailAddress).values(created_at=now() - 2 * CONFIRM_WITHIN))
    await courier.round()
    assert len(postbox.taken) == 2, "what is too late to confirm is not asked for"
    assert tidied() == 0
    await office.conversations.news_by_mail(bob, MAIL, "network")
    await office.says("news:stop", address=BOB)
    assert rows(office, MailAddress) == [] and rows(office, Mail) == []


async def test_another_key_reads_the_addresses_and_links_that_were_sent_still_stop_them(
    sqlite_database: Database, tmp_path: Path, postbox: Postbox
) -> None:
    office, courier = mailing(sqlite_database, tmp_path, postbox.server(SITE))
    sent = await confirmed(office, courier, postbox)
    assert office.news.mailbox is not None
    another = replace(office.news.mailbox, address_key=b"n" * 32, link_key=b"l" * 32)
    with sqlite_database.session() as session:
        lock_anew(session, office.news.mailbox.address_key, another.address_key)
        another.notify(session, select(MailAddress.conversation_id))
    await Courier(sqlite_database, another).round()
    assert postbox.taken[-1]["X-To"] == MAIL
    with sqlite_database.session() as session:
        assert another.act(session, "stop", sent["stop"].partition("t=")[2]) == "en"
    assert rows(office, MailAddress) == []


async def test_nothing_in_a_mail_is_a_key_to_its_links(sqlite_database: Database, tmp_path: Path, postbox: Postbox) -> None:
    office, courier = mailing(sqlite_database, tmp_path, postbox.server(SITE))
    sent = await confirmed(office, courier, postbox)
    mailbox = office.news.mailbox
    assert mailbox is not None
    number, _, mark = sent["stop"].partition("t=")[2].partition(".")
    (row,) = rows(office, MailAddress)
    assert (row.id, mark) == (int(number), _signature(row.salt, "stop", number)), "a mark that is made with the right key would pass"
    words = set(re.findall(r"[A-Za-z0-9_-]+", postbox.taken[-1].as_string()))
    with sqlite_database.session() as session:
        for word in words:
            assert mailbox.act(session, "stop", f"{number}.{_signature(word, 'stop', number)}") is None, word
    assert len(rows(office, MailAddress)) == 1


def _signature(key: str, *parts: str) -> str:
    digest = hmac.new(key.encode(), "\0".join(parts).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_no_news_are_promised_for_longer_than_the_conversation_is_kept() -> None:
    assert Settings(news_days=180, keep_conversations_days=30).followed_days == 30
    assert Settings(news_days=90, keep_conversations_days=180).followed_days == 90


def test_settings_that_cannot_be_used_are_named() -> None:
    assert MailServer.parse("", "", "") is None
    good = MailServer.parse("smtps://a%40b:s%3Ae%2F@mail.example.org", "assistant@example.org", "https://assistant.example.org/")
    assert good is not None and (good.port, good.encrypted, good.user, good.password) == (465, True, "a@b", "s:e/")
    assert "s:e/" not in repr(good) and not good.is_here
    for url, sender, public, named in (
        ("http://mail.example.org", "a@example.org", "https://a.example", "BOT_SMTP_URL"),
        ("smtp://mail.example.org:x", "a@example.org", "https://a.example", "BOT_SMTP_URL"),
        ("smtp://a:p%C3%A4ss@mail.example.org", "a@example.org", "https://a.example", "ASCII"),
        ("smtp://mail.example.org", "a@example.org\nBcc: b@example.org", "https://a.example", "BOT_MAIL_FROM"),
        ("smtp://mail.example.org", "a@example.org", "", "BOT_PUBLIC_URL"),
        ("", "", "https://a.example/path", "BOT_PUBLIC_URL"),
    ):
        with pytest.raises(StartError) as refused:
            MailServer.parse(url, sender, public)
        assert named in str(refused.value.params["detail"])
