"""Requests that wait are answered together: while one forward pass runs others arrive, and the next pass takes them all.

Nobody waits for a batch to fill: one request alone is answered at once. What a request can wait for is bounded: at most
`queue` examples are before it, in passes of at most `max_batch`. What does not fit the queue is refused.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from chainrule.server.settings import overloaded

Array = np.ndarray[Any, Any]
Arrays = tuple[Array, ...]
Waiting = tuple[Arrays, "asyncio.Future[Arrays]", int, int]  # inputs, answer, since when, how many examples
SHORT = 0.005  # seconds: a pass that takes less runs in the event loop itself, without changing threads


class Batcher:
    """One model's queue. forward: an array (n, ...) for each input -> one for each output; `count` is told how long it took."""

    def __init__(
        self, forward: Callable[[Arrays], Arrays], max_batch: int, queue: int, count: Callable[[int, int, int], None], pool: ThreadPoolExecutor,
        inline: bool = True,
    ) -> None:  # fmt: skip
        self.forward, self.max_batch, self.queue, self.count = forward, max_batch, queue, count
        self.pool, self.inline = pool, inline
        self.waiting: deque[Waiting] = deque()
        self.examples = 0  # that wait
        self.busy = False  # a pass is running or about to

    def submit(self, xs: Arrays) -> "asyncio.Future[Arrays]":
        """The outputs for some examples, as soon as they are there; RefusedError when too much waits already."""
        count = len(xs[0])
        if self.examples + count > self.queue and self.waiting:
            raise overloaded()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Arrays] = loop.create_future()
        self.waiting.append((xs, future, time.perf_counter_ns(), count))
        self.examples += count
        if not self.busy:
            self.busy = True
            loop.call_soon(self._next)  # after all requests that have come by now
        return future

    def _next(self) -> None:
        """Begins the next pass, if anything waits."""
        taken: list[Waiting] = []
        size = 0
        while self.waiting and (not taken or size + self.waiting[0][3] <= self.max_batch):
            item = self.waiting.popleft()
            self.examples -= item[3]
            if item[1].done():  # the client has gone
                continue
            taken.append(item)
            size += item[3]
        if not taken:
            self.busy = False
            return
        xs = taken[0][0]
        if len(taken) > 1:
            xs = tuple(np.concatenate(parts) for parts in zip(*(item[0] for item in taken), strict=True))
        began = time.perf_counter_ns()
        if self.inline:
            try:
                result: Arrays | BaseException = self.forward(xs)
            except Exception as problem:  # noqa: BLE001 - it belongs to those who asked
                result = problem
            self._give(taken, result, began, size)
        else:
            done = asyncio.get_running_loop().run_in_executor(self.pool, self.forward, xs)
            done.add_done_callback(
                lambda future: self._give(taken, future.exception() or future.result(), began, size)
            )

    def _give(self, taken: list[Any], said: Any, began: int, size: int) -> None:
        """Every request gets its rows of the outputs."""
        ended, place = time.perf_counter_ns(), 0
        waited = sum(began - item[2] for item in taken)
        self.count(size, ended - began, waited)
        for _, future, _, count in taken:
            if not future.done():
                if isinstance(said, BaseException):
                    future.set_exception(said)
                else:
                    future.set_result(tuple(one[place : place + count] for one in said))
            place += count
        if self.waiting:
            asyncio.get_running_loop().call_soon(self._next)
        else:
            self.busy = False
