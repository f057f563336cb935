"""A service for a command: its database and its keys, with nothing running."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from capitalino.app.build import given_to
from capitalino.app.catalog import module
from capitalino.app.stack.errors import CannotStart
from capitalino.kit.db import StorageUnavailable
from capitalino.kit.errors import AppError
from capitalino.kit.module import Given
from capitalino.kit.settings import Shared, load


@asynccontextmanager
async def service(name: str) -> AsyncGenerator[Given]:
    """What the service is given. What it refuses ends the command in a sentence; so does a database away."""
    async with opened(name) as given:
        try:
            yield given
        except StorageUnavailable as away:
            raise CannotStart(f"The database of {name} cannot be reached: {away}") from away
        except AppError as refused:
            raise CannotStart(refused.message) from refused


@asynccontextmanager
async def opened(name: str) -> AsyncGenerator[Given]:
    """The same, for whoever has something to say about every error."""
    given = given_to(module(name), load(Shared))
    try:
        yield given
    finally:
        await given.cache.aclose()
        await given.db.close()
