"""The released `socket.io-client` in node, with a few lines around it that speak Rasa's protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from tests import npm
from tests.npm import Package

WITHIN_S: Final = 60
_SCRIPT: Final = Path(__file__).with_name("bare_client.cjs")

_DEBUG = (
    Package("debug", "4.3.7", "sha512-Er2nc/H7RrMXZBFCEim6TCmMk02Z8vLC2Rbi1KEBggpo0fS6l0S1nnapwmIi3yW/+GOJap1Krg4w0Hg80oCqgQ=="),
    Package("ms", "2.1.3", "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="),
)
# Each release with everything that it needs, by its major version.
RELEASES: Final[Mapping[str, Sequence[Package]]] = {
    "3": (
        Package(
            "socket.io-client", "3.1.3", "sha512-4sIGOGOmCg3AOgGi7EEr6ZkTZRkrXwub70bBB/F0JSkMOUFpA77WsL87o34DffQQ31PkbMUIadGOk+3tx1KGbw=="
        ),
        Package(
            "engine.io-client", "4.1.4", "sha512-843fqAdKeUMFqKi1sSjnR11tJ4wi8sIefu6+JC1OzkkJBmjtc/gM/rZ53tJfu5Iae/3gApm5veoS+v+gtT0+Fg=="
        ),
        Package(
            "engine.io-parser", "4.0.3", "sha512-xEAAY0msNnESNPc00e19y5heTPX4y/TJ36gr8t1voOaNmTojP9b3oK3BbJLFufW2XFPQaaijpFewm2g2Um3uqA=="
        ),
        Package(
            "socket.io-parser", "4.0.5", "sha512-sNjbT9dX63nqUFIOv95tTVm6elyIU4RvB1m8dOeZt+IgWwcWklFDOdmGcfo3zSiRsnR/3pJkjY5lfoGqEe4Eig=="
        ),
        Package("backo2", "1.0.2", "sha512-zj6Z6M7Eq+PBZ7PQxl5NT665MvJdAkzp0f60nAJ+sLaSCBPMwVak5ZegFbgVCzFcCJTKFoMizvM5Ld7+JrRJHA=="),
        Package(
            "base64-arraybuffer", "0.1.4", "sha512-a1eIFi4R9ySrbiMuyTGx5e92uRH5tQY6kArNcFaKBUleIoLjdjBg7Zxm3Mqm3Kmkf27HLR/1fnxX9q8GQ7Iavg=="
        ),
        Package(
            "component-emitter", "1.3.1", "sha512-T0+barUSQRTUQASh8bx02dl+DhF54GtIDY13Y3m9oWTklKbb3Wv974meRpeZ3lp1JpLVECWWNHC4vaG2XHXouQ=="
        ),
        Package("has-cors", "1.1.0", "sha512-g5VNKdkFuUuVCP9gYfDJHjK2nqdQJ7aDLTnycnc2+RvsOQbuLdF5pm7vuE5J76SEBIQjs4kQY/BWq74JUmjbXA=="),
        Package("parseqs", "0.0.6", "sha512-jeAGzMDbfSHHA091hr0r31eYfTig+29g3GKKE/PPbEQ65X0lmMwlEoqmhzu0iztID5uJpZsFlUPDP8ThPL7M8w=="),
        Package("parseuri", "0.0.6", "sha512-AUjen8sAkGgao7UyCX6Ahv0gIK2fABKmYjvP4xmy5JaKvcbTRueIqIPHLAfq30xJddqSE033IOMUSOMCcK3Sow=="),
        Package("ws", "7.4.6", "sha512-YmhHDO4MzaDLB+M9ym/mDA5z0naX8j7SIlT8f8z+I0VtzsRbekxEutHSme7NPS2qE8StCYQNUnfWdXta/Yu85A=="),
        Package(
            "xmlhttprequest-ssl", "1.6.3", "sha512-3XfeQE/wNkvrIktn2Kf0869fC0BN6UpydVasGIeSm2B1Llihf7/0UfZM+eCkOw3P7bP4+qPgqhm7ZoxuJtFU0Q=="
        ),
        Package("yeast", "0.1.2", "sha512-8HFIh676uyGYP6wP13R/j6OJ/1HwJ46snpvzE7aHAN3Ryqh2yX6Xox2B4CUmTwwOIzlG3Bs7ocsP5dZH/R1Qbg=="),
        *_DEBUG,
    ),
    "4": (
        Package(
            "socket.io-client", "4.8.1", "sha512-hJVXfu3E28NmzGk8o1sHhN3om52tRvwYeidbj7xKy2eIIse5IoKX3USlS6Tqt3BHAtflLIkCQBkzVrEEfWUyYQ=="
        ),
        Package(
            "engine.io-client", "6.6.8", "sha512-DPN6+2uNi3A2cbSR3gqJepLVOnSQmbaJT4USgU+TgGPczEqLQT0i6t05jHrf4TT6rcxABrGp/1As0FyqwIZlGg=="
        ),
        Package(
            "engine.io-parser", "5.2.3", "sha512-HqD3yTBfnBxIrbnM1DoD6Pcq8NECnh8d4As1Qgh0z5Gg3jRRIqijury0CL3ghu/edArpUYiYqQiDUQBIs4np3Q=="
        ),
        Package(
            "socket.io-parser", "4.2.7", "sha512-IH/iSeO9T6gz1KkFleGDWkG9N3dl4jXVYUtMhIqH10Md0ttMer8nUNWiP1DKuNrybD2xBrixLJdCC9J6ECoYkg=="
        ),
        Package(
            "@socket.io/component-emitter",
            "3.1.2",
            "sha512-9BCxFwvbGg/RsZK9tjXd8s4UcwR0MWeFQ1XEKIQVVvAGJyINdrqKMcTRyLoK8Rse1GjzLV9cwjWV1olXRWEXVA==",
        ),
        Package("ws", "8.21.3", "sha512-201TZ/kPWxoPr/OKWjquZR1SWKXcvxdH+e1xrx89b3YbmzLMFCLfnaG1HFIgWzJOEWZ7MvpK++odZufgYR50Rw=="),
        Package(
            "xmlhttprequest-ssl", "2.1.2", "sha512-TEU+nJVUUnA4CYJFLvK5X9AOeH4KvDvhIfm0vV1GaQRtchnG0hgK5p8hw/xjv8cunWYCsiPCSDzObPyhEwq3KQ=="
        ),
        *_DEBUG,
    ),
}


class BareClient:
    """One client in a process of its own, which connects again by itself.

    Attributes:
        heard: every event as it was told, `(name, body)`.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for told in self._process.stdout:
            async with self._news:
                self.heard.append(tuple(json.loads(told)))
                self._news.notify_all()

    async def says(self, text: str | None) -> None:
        """Send a message; it goes out when there is a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(text).encode() + b"\n")
        await self._process.stdin.drain()

    def bodies(self, event: str = "bot_uttered") -> list[Any]:
        """What came with each event of this name so far."""
        return [body for name, body in self.heard if name == event]

    def texts(self) -> list[str]:
        """The texts of the messages that came so far."""
        return [body["text"] for body in self.bodies()]

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something that is heard makes `condition` true; its value."""

        async def wait() -> Any:
            async with self._news:
                while not (value := condition()):
                    await self._news.wait()
                return value

        try:
            return await asyncio.wait_for(wait(), WITHIN_S)
        except TimeoutError:
            raise AssertionError(f"it did not come; heard so far: {self.heard}") from None

    async def hears(self, text: str) -> dict[str, Any]:
        """The first message with this text, once it is there."""
        found: dict[str, Any] = await self.until(lambda: next((body for body in self.bodies() if body["text"] == text), None))
        return found

    async def close(self) -> None:
        """End it in good order."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading


@asynccontextmanager
async def bare_client(node: str, folder: Path, release: str, url: str, transports: Sequence[str]) -> AsyncIterator[BareClient]:
    """A client of this major version, connected to `url`; `folder` is for its modules."""
    modules = await asyncio.to_thread(npm.modules, RELEASES[release], folder / release)
    process = await asyncio.create_subprocess_exec(
        node,
        str(_SCRIPT),
        url,
        json.dumps(list(transports)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"NODE_PATH": str(modules / "node_modules")},
    )
    client = BareClient(process)
    try:
        await client.until(lambda: client.bodies("session_confirm"))
        yield client
    finally:
        await client.close()
