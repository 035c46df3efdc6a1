"""A real SMTP server on loopback that wants STARTTLS and a password, and keeps what it took."""

from __future__ import annotations

import asyncio
import email
import ssl
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from bot.mail_server import MailServer
from tests.certificates import certify
from tests.servers import free_port

# As it stands in an address; it is p@ss:word.
PASSWORD = "p%40ss:word"


class Postbox:
    """The server, while the `with` block lasts.

    Attributes:
        taken: the messages it took, in order, each with its recipients under `X-To`.
        refuses: what it answers to a recipient instead of taking the message.
        authority: the certificate that clients have to believe.
    """

    def __init__(self, folder: Path) -> None:
        self.taken: list[EmailMessage] = []
        self.refuses: str | None = None
        self.authority = folder / "authority.pem"
        context = _certified(self.authority, folder / "key.pem")
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=free_port(),
            ready_timeout=60.0,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self._knows,
        )

    def __enter__(self) -> Postbox:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._controller.stop()

    async def received(self, count: int) -> None:
        """Wait until it has taken so many messages."""

        async def wait() -> None:
            while len(self.taken) < count:
                await asyncio.sleep(0.05)

        await asyncio.wait_for(wait(), 60)

    def server(self, public_url: str, password: str = PASSWORD) -> MailServer:
        """It, as the settings name it."""
        url = f"smtp://assistant:{password}@localhost:{self._controller.port}"
        found = MailServer.parse(url, "assistant@example.org", public_url)
        assert found is not None
        return found

    @staticmethod
    def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, shown: Any) -> AuthResult:
        assert isinstance(shown, LoginPassword)
        # What is not handled here the server answers itself.
        return AuthResult(success=(shown.login, shown.password) == (b"assistant", b"p@ss:word"), handled=False)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        if self.refuses is not None:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        assert session.ssl is not None
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        message["X-To"] = ",".join(envelope.rcpt_tos)
        self.taken.append(message)
        return "250 OK"


def _certified(certificate: Path, key: Path) -> ssl.SSLContext:
    certify("localhost", certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
