"""Signed heads of the chain: kept elsewhere, they prove that nothing before them was changed since."""

from base64 import b64encode
from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel

from capitalino.kit.auth import Staff
from capitalino.kit.http import Listed, listed
from capitalino.kit.pages import PageQuery, encode_cursor
from capitalino.services.ledger.service.chain import Chain, Checkpoint


class CheckpointOut(BaseModel):
    """The hash of a block, signed with Ed25519 over `message` by the key `key_id`.

    `signature` and `public_key` are base64; a key that is no longer kept has none.
    """

    number: int
    hash: str
    signed_at: datetime
    message: str
    signature: str
    key_id: str
    public_key: str | None

    @classmethod
    def of(cls, checkpoint: Checkpoint, public_key: bytes | None) -> Self:
        """As it is kept, with what verifies it."""
        return cls(
            number=checkpoint.number,
            hash=checkpoint.hash.hex(),
            signed_at=checkpoint.signed_at,
            message=checkpoint.message.decode(),
            signature=b64encode(checkpoint.signature).decode(),
            key_id=checkpoint.key_id,
            public_key=b64encode(public_key).decode() if public_key else None,
        )


def routes(chain: Chain) -> APIRouter:
    """The checkpoints."""
    router = APIRouter()

    @router.get("/checkpoints")
    async def checkpoints(_: Staff, page: PageQuery) -> Listed[CheckpointOut]:
        """Signed heads, newest first."""
        shown, following, total = await chain.checkpoints(page)
        found = [CheckpointOut.of(one, chain.public_key(one.key_id)) for one in shown]
        cursor = None if following is None else encode_cursor(following)
        return listed(found, page, next_cursor=cursor, total=total)

    return router
