"""Every store of documents keeps the same promises: nothing is written over that was not read."""

import asyncio
from uuid import UUID

import pytest

from capitalino.kit.db import Schema
from capitalino.kit.documents import Document, DocumentChanged, Documents, PostgresDocuments
from tests.support.database import Opener

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture(params=["postgres"])
async def documents(request: pytest.FixtureRequest, database: Opener) -> Documents:
    """Each store that there is."""
    return PostgresDocuments(await database(Schema("kit_documents")))


async def test_what_was_written_is_read(documents: Documents) -> None:
    body = {"sealed": "AQ==", "parts": [1, {"a": None, "نام": True}]}
    assert await documents.put("dossier", ONE, body) == Document(ONE, 1, body)
    assert await documents.get("dossier", ONE) == Document(ONE, 1, body)


async def test_collections_are_apart(documents: Documents) -> None:
    await documents.put("dossier", ONE, {"a": 1})
    await documents.put("sheet", ONE, {"a": 2})
    assert await documents.get("report", ONE) is None
    assert await documents.list("sheet") == [Document(ONE, 1, {"a": 2})]


async def test_a_change_needs_the_version_that_was_read(documents: Documents) -> None:
    first = await documents.put("dossier", ONE, {"a": 1})
    second = await documents.put("dossier", ONE, {"a": 2}, expected=first.version)
    assert second.version == 2
    for expected in (0, 1, 3):
        with pytest.raises(DocumentChanged):
            await documents.put("dossier", ONE, {"a": 3}, expected=expected)
    with pytest.raises(DocumentChanged):
        await documents.put("dossier", TWO, {"a": 3}, expected=1)
    assert await documents.get("dossier", ONE) == Document(ONE, 2, {"a": 2})


async def test_one_of_many_who_write_at_once_wins(documents: Documents) -> None:
    await documents.put("dossier", ONE, {})
    tries = (documents.put("dossier", ONE, {"by": n}, expected=1) for n in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    won = [result for result in results if isinstance(result, Document)]
    assert len(won) == 1
    assert await documents.get("dossier", ONE) == won[0]
    assert all(isinstance(result, DocumentChanged) for result in results if result is not won[0])


async def test_a_list_goes_on_behind_the_last_one(documents: Documents) -> None:
    for document_id in (THREE, ONE, TWO):
        await documents.put("dossier", document_id, {})
    page = await documents.list("dossier", limit=2)
    assert [document.document_id for document in page] == [ONE, TWO]
    rest = await documents.list("dossier", after=TWO, limit=2)
    assert [document.document_id for document in rest] == [THREE]
