"""A gateway's core that sends mails, and somebody who has confirmed an address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.db import Database
from bot.i18n import Texts
from bot.mail_server import MailServer
from bot.notifications.courier import Courier
from bot.notifications.mailbox import ADDRESSES, Mailbox
from bot.vault import KEY_FILE, derived_key, read_or_create_key
from tests.followers import following, put
from tests.office import ANN, Office
from tests.postbox import Postbox

SITE = "http://assistant.example"
MAIL = "ada.exemplar@example.org"
LINK = re.compile(r"http://\S+")


def mailing(database: Database, folder: Path, server: MailServer) -> tuple[Office, Courier]:
    """The core of a gateway that sends mails, and its courier."""
    key = read_or_create_key(folder / KEY_FILE)
    mailbox = Mailbox(derived_key(key, ADDRESSES), derived_key(key, "mail links"), server, Texts.load())
    office = Office(database, mailbox=mailbox)
    put(office)
    return office, Courier(database, mailbox)


def links(message: Any) -> dict[str, str]:
    """Path and query of the links of a mail, by what they do."""
    found = LINK.findall(message.get_content())
    return {path.split("/")[2].partition("?")[0]: path for path in (link.removeprefix(SITE) for link in found) if "/news/" in path}


def rows(office: Office, model: Any) -> list[Any]:
    return office.read(lambda session: list(session.execute(select(model)).scalars()))


async def confirmed(office: Office, courier: Courier, postbox: Postbox, address: Any = ANN, mail: str = MAIL) -> dict[str, str]:
    """Somebody who follows the application and has confirmed an address; the links of the mail that asked for it."""
    conversation = await following(office, address)
    await office.conversations.news_by_mail(conversation, mail, "network")
    await courier.round()
    found = links(postbox.taken[-1])
    with office.database.session() as session:
        assert office.news.mailbox is not None
        assert office.news.mailbox.act(session, "confirm", found["confirm"].partition("t=")[2]) == "en"
    return found
