"""Workers that answer what is owed: one message at a time in a conversation, different conversations side by side."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from bot.assistant import Assistant, Question, Reply
from bot.conversations.events import Event, TurnFinished
from bot.conversations.ledger import new_id
from bot.conversations.service import Conversations, Ended, Task, Worker
from bot.errors import AssistantUnavailable
from bot.logs import begin_request, place, request_id
from bot.metrics import Metrics
from bot.rounds import Rounds

log = logging.getLogger(__name__)

_MOST_ATTEMPTS: Final = 3
_LOOK_AGAIN_S: Final = 1.0


class Turns:
    """The workers of one gateway process.

    A turn is held by a lease that is renewed while the assistant thinks. A process that dies stops renewing, and the next
    sweep of any living one takes its turns up.
    """

    def __init__(self, conversations: Conversations, assistant: Assistant, metrics: Metrics, lease_s: float) -> None:
        self._conversations = conversations
        self._assistant = assistant
        self._metrics = metrics
        self._lease_s = lease_s
        self._owner = new_id()
        # The conversations, each with the request that called for an answer, and the turns that are held already.
        self._called: dict[str, str] = {}
        self._held: dict[str, Task] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, set[asyncio.Future[bool]]] = {}
        self._sweeping = Rounds("sweep", self._sweep, min(lease_s / 2, 5.0))
        self._ending = self._stopped = False
        self._giving_back: asyncio.Task[None] | None = None
        conversations.listen(self._hear)
        conversations.hand_to(Worker(self._owner, lease_s, self.call))

    async def start(self) -> None:
        """Take up what was owed before this process began, and go on looking for it."""
        await self._sweeping.start()

    def let_go(self) -> None:
        """Have everybody who waits for an answer told that it is not there yet, because this process is about to end."""
        self._ending = True
        for message_id in list(self._waiting):
            self._tell(message_id, finished=False)

    async def stop(self) -> None:
        """Stop working; what is not answered is given back."""
        self._stopped = True
        self._conversations.hand_to(None)
        await self._sweeping.stop()
        tasks = list(self._workers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._conversations.release(self._owner)

    async def _give_back(self) -> None:
        try:
            await self._conversations.release(self._owner)
        except Exception as error:
            # Another process takes the turn up when its lease is over.
            log.error("a turn was not given back: %s", place(error))

    def call(self, conversation_id: str, held: Task | None = None) -> None:
        """Have what is owed in a conversation answered, first what is `held` for this process already; once it has stopped, that is given
        back."""
        if self._stopped:
            if held is not None:
                # It was stored after what was held then had been given back.
                self._giving_back = asyncio.create_task(self._give_back())
            return
        self._called[conversation_id] = request_id()
        if held is not None:
            self._held[conversation_id] = held
        if conversation_id not in self._workers:
            self._workers[conversation_id] = asyncio.create_task(self._work(conversation_id))

    async def finished(self, message_id: str, within_s: float) -> bool:
        """True once no answer is owed to the message; False after `within_s` seconds, or when this process ends."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(message_id, set()).add(future)
        deadline = time.monotonic() + within_s
        try:
            while True:
                left = deadline - time.monotonic()
                if left <= 0 or self._ending:
                    return False
                await asyncio.wait({future}, timeout=min(left, _LOOK_AGAIN_S))
                if future.done():
                    return future.result()
                # Another process may have answered, and that is only seen in the database.
                if await self._conversations.is_answered(message_id):
                    return True
        finally:
            waiting = self._waiting[message_id]
            waiting.discard(future)
            if not waiting:
                del self._waiting[message_id]

    def _hear(self, event: Event) -> None:
        if isinstance(event, TurnFinished):
            self._tell(event.message_id, finished=True)

    def _tell(self, message_id: str, finished: bool) -> None:
        for future in self._waiting.get(message_id, ()):
            if not future.done():
                future.set_result(finished)

    async def _sweep(self) -> None:
        for conversation_id in await self._conversations.owed(self._lease_s):
            self.call(conversation_id)

    async def _work(self, conversation_id: str) -> None:
        try:
            while conversation_id in self._called:
                begin_request(self._called.pop(conversation_id))
                more = True
                while more and (task := await self._take(conversation_id)) is not None:
                    more = await self._answer(task)
        except Exception as error:
            # The turn stays in the database, and a later sweep takes it up.
            log.error("turn failed: %s", place(error))
        finally:
            del self._workers[conversation_id]

    async def _take(self, conversation_id: str) -> Task | None:
        held = self._held.pop(conversation_id, None)
        return held or await self._conversations.take(conversation_id, self._owner, self._lease_s)

    async def _answer(self, task: Task) -> bool:
        """End a turn; whether another one waits in its conversation."""
        started = time.monotonic()
        try:
            ended = await self._ask(task)
        except Exception as error:
            if isinstance(error, AssistantUnavailable):
                kind, where = str(error.params["kind"]), str(error.params.get("place", ""))
            else:
                kind, where = "gateway", place(error)
            log.warning("no answer: %s %s", kind, where)
            self._metrics.failures.labels(kind).inc()
            ended = await self._conversations.apologise(task.turn, self._owner)
        log.info("turn %s %.0fms", ended.outcome, (time.monotonic() - started) * 1000)
        self._metrics.turns.labels(ended.outcome).inc()
        self._metrics.answer_seconds.observe(time.monotonic() - started)
        if ended.handoff is not None:
            self._metrics.handoffs.labels(ended.handoff).inc()
        return ended.more

    async def _ask(self, task: Task) -> Ended:
        if task.desk:
            return await self._conversations.at_desk(task.turn, self._owner)
        if task.off:
            return await self._conversations.tell_off(task.turn, self._owner)
        if task.question is None:
            raise AssistantUnavailable("assistant_unavailable", kind="redaction")
        if task.turn.attempts > _MOST_ATTEMPTS:
            raise AssistantUnavailable("assistant_unavailable", kind="attempts")
        replies = await self._holding(task, task.question)
        return Ended("lost") if replies is None else await self._conversations.answer(task.turn, self._owner, replies)

    async def _holding(self, task: Task, question: Question) -> list[Reply] | None:
        """The replies, with the lease renewed meanwhile; None when the turn has gone to another worker."""
        asking = asyncio.create_task(self._assistant.ask(question))
        try:
            while True:
                await asyncio.wait({asking}, timeout=self._lease_s / 3)
                if asking.done():
                    return asking.result()
                if not await self._conversations.hold(task.turn, self._owner, self._lease_s):
                    return None
        finally:
            asking.cancel()
