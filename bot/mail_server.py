"""Where e-mail goes out, as the settings name it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.errors import StartError
from bot.network import is_here

_PORTS: Final = {"smtp": 587, "smtps": 465}
_PUBLIC: Final = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_SENDER: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,190}[A-Za-z0-9])?")


@dataclass(frozen=True)
class MailServer:
    """An SMTP server and what is written on what goes through it.

    Attributes:
        encrypted: whether the connection is encrypted from its beginning (`smtps`); otherwise by STARTTLS, without which
            nothing is sent to another machine.
        sender: the address that mails come from.
        public_url: the origin at which readers of mails reach this service.
    """

    host: str
    port: int
    encrypted: bool
    sender: str
    public_url: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return is_here(self.host)

    @property
    def domain(self) -> str:
        """The part of the sender's address after the at sign."""
        return self.sender.rpartition("@")[2]

    @classmethod
    def parse(cls, url: str, sender: str, public_url: str) -> MailServer | None:
        """The server that `BOT_SMTP_URL`, `BOT_MAIL_FROM` and `BOT_PUBLIC_URL` describe; None when no server is named.

        Raises:
            StartError: one of them cannot be used, or is missing; `params["setting"]` is the one without which the others can be read.
        """
        public_url = public_url.rstrip("/")
        if public_url and not _PUBLIC.fullmatch(public_url):
            detail = "BOT_PUBLIC_URL must be an origin as https://host or https://host:port, in lower case."
            raise StartError("bad_setting", setting="BOT_PUBLIC_URL", detail=detail)
        if not url:
            return None
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            host, port = "", 0
        if not host or not port:
            # The address may hold a password, so it is not repeated.
            detail = (
                "BOT_SMTP_URL must be smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465; % in a password is %25."
            )
            raise StartError("bad_setting", setting="BOT_SMTP_URL", detail=detail)
        if not public_url:
            detail = "BOT_SMTP_URL needs BOT_PUBLIC_URL, where the links in e-mails lead to."
            raise StartError("bad_setting", setting="BOT_SMTP_URL", detail=detail)
        if not _SENDER.fullmatch(sender):
            detail = "BOT_SMTP_URL needs BOT_MAIL_FROM, an address as assistant@example.gov.cn."
            raise StartError("bad_setting", setting="BOT_SMTP_URL", detail=detail)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (user + password).isascii():
            # It would fail at every sign-in, because SMTP takes nothing else.
            detail = "Name and password in BOT_SMTP_URL may hold ASCII characters only."
            raise StartError("bad_setting", setting="BOT_SMTP_URL", detail=detail)
        return cls(host, port, parts.scheme == "smtps", Address(addr_spec=sender).addr_spec, public_url, user, password)
