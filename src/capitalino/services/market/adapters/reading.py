"""Asks a source over HTTP: within its time, within its size, and nothing but a plain 200 is an answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from capitalino.kit.clock import Clock
from capitalino.kit.db import outside_transaction
from capitalino.kit.retry import retry_after_s
from capitalino.services.market.adapters.port import Form, SourceTrouble
from capitalino.services.market.domain.rates import Sheet

SIZE_MAX = 256 * 1024
"""The largest answer that is read, unpacked: a hundred times the daily file."""


class Reader:
    """One HTTP client for all sources, open while the process runs."""

    def __init__(self, timeout_s: float, clock: Clock) -> None:
        self._timeout_s, self._clock = timeout_s, clock
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """Redirects are not followed: a source that has moved is for people to look at."""
        async with httpx.AsyncClient(timeout=self._timeout_s, trust_env=False) as client:
            self._client = client
            yield
            self._client = None

    async def read(self, form: Form) -> Sheet:
        """What the source says now, or SourceTrouble."""
        outside_transaction()
        try:
            # httpx counts each wait for itself: a source that drips would be heard for ever.
            async with asyncio.timeout(self._timeout_s):
                content = await self._content(form)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise SourceTrouble("timeout", "It did not answer in time.") from error
        except httpx.HTTPError as error:
            raise SourceTrouble("unreachable", f"It was not reached: {type(error).__name__}.") from error
        return form.read(content)

    async def _content(self, form: Form) -> bytes:
        assert self._client is not None, "sources are read by a running process"
        headers = {name: value.get_secret_value() for name, value in form.headers.items()}
        async with self._client.stream("GET", form.url, params=form.query, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise self._refused(answer)
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > SIZE_MAX:
                    raise SourceTrouble("too_large", "The answer is larger than any of its kind.")
            return content

    def _refused(self, answer: httpx.Response) -> SourceTrouble:
        wait_s = retry_after_s(answer.headers.get("Retry-After"), self._clock.now())
        status = answer.status_code
        return SourceTrouble(f"status_{status}", f"It answered {status}.", retry_after_s=wait_s)
