"""The one-time link that a real run prints for the first administrator."""

from __future__ import annotations

import re

import aiohttp

from bot.launch import way_into_console
from bot.settings import Settings
from tests.console import PASSWORD
from tests.system import System


async def test_link_that_is_printed_lets_one_administrator_in_once(system: System, client: aiohttp.ClientSession) -> None:
    said = system.said.read_text()
    assert len(re.findall("#invite=", said)) == 1
    address = system.invitation()
    assert address.startswith(f"{system.address}/console/#invite=")
    # Neither the log of a part nor any other file holds the token.
    token = address.partition("#invite=")[2]
    written = [path for path in system.data_dir.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert written == []
    body, headers = {"token": token, "password": PASSWORD}, {"Origin": system.address}
    api = f"{system.address}/console/api/invitation"
    async with client.post(f"{api}/accept", json=body, headers=headers) as response:
        me = await response.json()
        assert response.status == 200 and me["officer"]["role"] == "administrator", me
    for path in ("look", "accept"):
        async with client.post(f"{api}/{path}", json=body, headers=headers) as response:
            assert response.status == 404 and (await response.json())["error"]["code"] == "invitation_unusable"
    # The next start finds that somebody can sign in, and prints none.
    assert way_into_console(Settings(data_dir=system.data_dir)) is None
