"""API keys: what they sign is believed once, from their addresses, within their scopes, until they end."""

import asyncio
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from capitalino.kit.auth import PASS
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.tables import api_key
from tests.integration.auth.programs import EMAIL, Program, Scene
from tests.integration.auth.world import bearer, principal_of, refused, user_of

HERE = Caller("192.0.2.1")


async def test_every_service_believes_what_a_key_has_signed(scene: Scene) -> None:
    program = await scene.program()
    read = await program.ask("GET", "/balances?at=now&page=1")
    assert (read.status_code, read.json()) == (200, scene.opened["user"]["investor_id"])
    traded = await program.ask("POST", "/quotes", b'{"amount": "12.50"}')
    assert traded.json() == f"{scene.opened['user']['investor_id']} 12.50"
    (kept,) = await scene.listed()
    assert kept["used_from"] == "192.0.2.7"
    assert kept["used_at"] is not None
    assert "An API key was made" in await scene.world.mailed()


async def test_a_key_has_its_scopes_and_nothing_else(scene: Scene) -> None:
    reader = await scene.program(scopes=["read"])
    everything = await scene.program(scopes=["read", "trade", "withdraw"], networks=["192.0.2.0/24"])
    statuses = {}
    for name, program in (("reader", reader), ("all", everything)):
        for method, path in (
            ("GET", "/balances"),
            ("GET", "/staff"),
            ("GET", "/person"),
            ("POST", "/notes"),
            ("POST", "/quotes"),
            ("POST", "/withdrawals"),
        ):
            statuses[name, path] = (await program.ask(method, path)).status_code
    assert {path for (name, path), status in statuses.items() if name == "reader" and status == 200} == {
        "/balances"
    }
    assert {path for (name, path), status in statuses.items() if name == "all" and status == 200} == {
        "/balances",
        "/quotes",
        "/withdrawals",
    }
    assert set(statuses.values()) == {200, 403}


async def test_a_request_is_good_once_and_for_half_a_minute(scene: Scene) -> None:
    program = await scene.program()
    headers = {"Authorization": program.header("GET", "/balances")}
    sent = [program.web.get("/balances", headers=headers) for _ in range(5)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*sent))
    assert statuses == [200, 401, 401, 401, 401]
    for away in (-40, 40):
        late = await program.ask("GET", "/balances", unix_s=int(time.time()) + away)
        assert refused(late) == (401, "unauthenticated")


async def test_whatever_was_changed_on_the_way_is_refused(scene: Scene) -> None:
    program = await scene.program()
    body = b'{"amount": "1"}'
    signed = {"Content-Type": "application/json"}
    tampered = [
        ("POST", "/quotes", b'{"amount": "9"}', program.header("POST", "/quotes", body), {}),
        ("POST", "/quotes?dry_run=false", body, program.header("POST", "/quotes?dry_run=true", body), {}),
        ("POST", "/withdrawals", body, program.header("POST", "/quotes", body), {}),
        ("GET", "/balances", b"", program.header("POST", "/balances"), {}),
        ("POST", "/quotes", body, program.header("POST", "/quotes", body), {"Idempotency-Key": "another"}),
        ("GET", "/balances", b"", program.header("GET", "/balances")[:-4] + "AAAA", {}),
        ("GET", "/balances", b"", "Signature what is this", {}),
    ]
    for method, target, content, header, more in tampered:
        headers = signed | {"Authorization": header} | more
        answer = await program.web.request(method, target, content=content, headers=headers)
        assert refused(answer) == (401, "unauthenticated"), (method, target)
    kept = program.header("POST", "/quotes", body, idempotency_key="k1")
    headers = signed | {"Authorization": kept, "Idempotency-Key": "k1"}
    assert (await program.web.post("/quotes", content=body, headers=headers)).status_code == 200


async def test_a_key_is_good_from_its_addresses_only(scene: Scene) -> None:
    networks = ["192.0.2.0/28", "2001:db8::/32"]
    inside = await scene.program("192.0.2.7", networks=networks)
    assert (await inside.ask("GET", "/balances")).status_code == 200
    for address, status in (("192.0.2.77", 401), ("2001:db8::1", 200), ("::ffff:192.0.2.7", 200)):
        moved = Program(inside.key_id, inside.private, scene.elsewhere.at(address))
        assert (await moved.ask("GET", "/balances")).status_code == status, address


async def test_a_revoked_key_is_dead_at_once_even_when_its_pass_comes_back(scene: Scene) -> None:
    program = await scene.program()
    name = PASS.format(key_id=program.key_id)
    kept = await scene.world.cache.get(name)
    path = f"/api/v1/api-keys/{program.key_id}"
    assert (await scene.web.delete(path, headers=bearer(scene.opened))).status_code == 200
    await scene.world.cache.set(name, kept)
    assert (await program.ask("GET", "/balances")).status_code == 401
    await scene.world.cache.flushdb()
    await scene.world.auth.epochs.refresh()
    await scene.world.auth.passes.round()
    assert await scene.world.cache.get(name) is None
    await scene.world.cache.set(name, kept)
    assert (await program.ask("GET", "/balances")).status_code == 401


async def test_a_barred_login_and_a_reset_password_end_its_keys(scene: Scene) -> None:
    world, user_id = scene.world, user_of(scene.opened)
    program = await scene.program()
    await world.auth.logins.stand(user_id, Standing.LOCKED, by="test")
    await world.auth.passes.round()
    assert (await program.ask("GET", "/balances")).status_code == 401
    await world.auth.logins.stand(user_id, Standing.ACTIVE, by="test")
    await world.auth.passes.round()
    assert (await program.ask("GET", "/balances")).status_code == 200
    await world.auth.password_changes.ask(EMAIL, HERE)
    await world.mailed()
    token = world.mailbox.token()
    await world.auth.password_changes.reset(token, "another one that nobody has said", HERE)
    await world.auth.passes.round()
    assert (await program.ask("GET", "/balances")).status_code == 401


async def test_an_emptied_cache_gets_all_passes_again(scene: Scene) -> None:
    program = await scene.program()
    await scene.world.cache.flushdb()
    assert (await program.ask("GET", "/balances")).status_code == 401
    await scene.world.auth.epochs.refresh()
    assert await scene.world.auth.passes.round() == 1
    assert await scene.world.auth.passes.round() == 0
    assert (await program.ask("GET", "/balances")).status_code == 200


async def test_a_pass_is_no_token_and_a_forged_one_is_worth_nothing(scene: Scene) -> None:
    program = await scene.program()
    kept = (await scene.world.cache.get(PASS.format(key_id=program.key_id))).decode()
    shown = await program.web.get("/balances", headers={"Authorization": f"Bearer {kept}"})
    assert shown.status_code == 401
    other = await scene.program(scopes=["read"])
    await scene.world.cache.set(PASS.format(key_id=other.key_id), kept)
    assert (await other.ask("POST", "/quotes")).status_code == 401
    token = scene.opened["access_token"]
    await scene.world.cache.set(PASS.format(key_id=other.key_id), token)
    assert (await other.ask("GET", "/balances")).status_code == 401


async def test_the_private_half_is_stored_nowhere_and_may_be_made_elsewhere(scene: Scene) -> None:
    mine = Ed25519PrivateKey.generate()
    public = urlsafe_b64encode(mine.public_key().public_bytes_raw()).decode().rstrip("=")
    made = (await scene.make(public_key=public)).json()["data"]
    assert made["private_key"] is None
    program = Program(made["key"]["key_id"], mine, scene.elsewhere.at("192.0.2.7"))
    assert (await program.ask("GET", "/balances")).status_code == 200
    assert refused(await scene.make(public_key=public)) == (422, "auth.api_key_not_good")
    other = await scene.program()
    async with scene.world.db.read() as tx:
        rows = (await tx.conn.execute(select(api_key))).all()
    assert all(other.private.private_bytes_raw() not in tuple(row) for row in rows)


@pytest.mark.parametrize(
    "different, reason",
    [
        ({"scopes": ["withdraw"]}, "networks_needed"),
        ({"scopes": ["withdraw"], "networks": ["0.0.0.0/0"]}, "network"),
        ({"networks": ["192.0.2.1/24"]}, "network"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expiry"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "expiry"),
    ],
    ids=["money out from anywhere", "from the whole world", "no network", "over", "for ever"],
)
async def test_a_key_that_is_too_strong_is_not_made(
    scene: Scene, different: dict[str, Any], reason: str
) -> None:
    answer = await scene.make(**different)
    assert refused(answer) == (422, "auth.api_key_not_good")
    assert answer.json()["error"]["details"] == {"reason": reason}


async def test_another_persons_key_is_unknown(scene: Scene) -> None:
    program = await scene.program()
    async with scene.world.browser() as web:
        theirs = await scene.world.member(web, "omid@example.com")
        path = f"/api/v1/api-keys/{program.key_id}"
        assert refused(await web.delete(path, headers=bearer(theirs))) == (404, "auth.api_key_unknown")
    assert (await program.ask("GET", "/balances")).status_code == 200
    assert principal_of(theirs).user_id != user_of(scene.opened)
