"""Sends the mails that wait; several gateways may do it at once."""

from __future__ import annotations

import asyncio
import logging
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Final

from bot.db import Database
from bot.logs import place
from bot.mail_server import MailServer
from bot.notifications.mailbox import Letter, Mailbox, Outcome

log = logging.getLogger(__name__)

EVERY_S: Final = 2.0
_WITHIN_S: Final = 20.0
# No such mailbox, no such domain, no address, moved away, a domain without mail (RFC 3463, RFC 7505). The rest of 5.1 is about
# the sender, and without an enhanced status a refusal may be about us as well: relaying denied, blocked, too large.
_NO_SUCH_ADDRESS: Final = re.compile(rb"5\.1\.(?:1|2|3|6|10)(?![0-9])")


@contextmanager
def reached(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection to the server, encrypted unless the server is on this machine and offers none; nobody has signed in.

    Raises:
        OSError: it could not be reached (`smtplib.SMTPException` is one), its certificate is not good (`ssl.SSLError`), or it
            offers no encryption (`smtplib.SMTPNotSupportedError`).
    """
    context = ssl.create_default_context()
    client: smtplib.SMTP
    if server.encrypted:
        client = smtplib.SMTP_SSL(server.host, server.port, server.domain, timeout=_WITHIN_S, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, server.domain, timeout=_WITHIN_S)
    with client:
        client.ehlo()
        if not server.encrypted and (client.has_extn("starttls") or not server.is_here):
            client.starttls(context=context)
            client.ehlo()
        yield client


def send(server: MailServer, message: EmailMessage) -> None:
    """Give one message to the server.

    Raises:
        OSError: see `reached`; or it refused the message (`smtplib.SMTPException` is one).
    """
    with reached(server) as client:
        if server.user:
            client.login(server.user, server.password)
        client.send_message(message)


class Courier:
    """The courier of one gateway process; `count` is told what became of each mail that was tried."""

    def __init__(self, database: Database, mailbox: Mailbox, count: Callable[[Outcome], object] = lambda outcome: None) -> None:
        self._database, self._mailbox, self._count = database, mailbox, count

    async def round(self) -> None:
        """Send everything that is due now."""
        while (letter := await self._database.run(self._mailbox.take)) is not None:
            await self._deliver(letter)

    async def _deliver(self, letter: Letter) -> None:
        try:
            await asyncio.to_thread(send, self._mailbox.server, letter.message)
        except Exception as error:
            # One mail that cannot be sent, for whatever reason, must not stop the others. What a server says can repeat the address.
            outcome = await self._database.run(self._mailbox.failed, letter.id, _is_no_address(error))
            log.warning("mail not taken, %s: %s %s", outcome, type(error).__name__, _code(error) or place(error))
        else:
            outcome = await self._database.run(self._mailbox.sent, letter.id)
        self._count(outcome)


def _is_no_address(error: Exception) -> bool:
    """Whether the server says of the reader's address, for good, that there is none."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(500 <= code < 600 and _NO_SUCH_ADDRESS.match(said) for code, said in error.recipients.values())


def _code(error: Exception) -> int:
    """The server's own number of a refusal, or 0."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=0)
    return int(getattr(error, "smtp_code", 0) or 0)
