"""The one gate: every path that issues a token, found in the code, is closed to whoever may not sign in."""

import ast
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from capitalino.kit.errors import AppError, Kind
from capitalino.services.auth import service
from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.domain.logins import Standing
from capitalino.services.auth.errors import LoginBarred
from capitalino.services.auth.service.issuing import Issuing
from capitalino.services.auth.tables import login
from tests.integration.auth.world import PASSWORD, World, principal_of, totp, user_of
from tests.support.authenticator import Authenticator

EMAIL = "sara@example.com"
HERE = Caller("192.0.2.1")
FOLDER = Path(inspect.getfile(service)).parent
ISSUES = ("token", "open", "open_setup", "key_pass")
"""What of `Issuing` makes something that lets somebody in."""
Attempt = Callable[[], Awaitable[Any]]


class Scene:
    """A member, everything that they could bring, prepared while they still may sign in."""

    def __init__(self, world: World, web: httpx.AsyncClient, opened: dict[str, Any]) -> None:
        self.world, self.web, self.auth = world, web, world.auth
        self.who, self.user_id = principal_of(opened), user_of(opened)
        self.device = Authenticator()

    async def passkey(self) -> None:
        """Give them one."""
        begun = await self.auth.passkeys.begin(self.who)
        made = self.device.make(begun.options)
        await self.auth.passkeys.add(self.who, begun.ceremony, "A phone", made, HERE)

    async def challenge(self) -> str:
        """The first step is done."""
        return str((await self.auth.sign_ins.sign_in(EMAIL, PASSWORD, HERE)).challenge)

    async def password_alone(self) -> Attempt:
        return lambda: self.auth.sign_ins.sign_in(EMAIL, PASSWORD, HERE)

    async def second_factor(self) -> Attempt:
        challenge, code = await self.challenge(), self.world.code(EMAIL)
        return lambda: self.auth.sign_ins.second_factor(challenge, code, HERE)

    async def refresh(self) -> Attempt:
        secret = self.web.cookies["capitalino_refresh"]
        return lambda: self.auth.sessions.refresh(secret)

    async def new_factor(self) -> Attempt:
        secret, _ = await self.auth.factors.set_up(self.who, HERE, self.world.code(EMAIL))
        code = totp(secret, self.world.clock.now())
        return lambda: self.auth.factors.confirm(self.who, HERE, code)

    async def new_password(self) -> Attempt:
        return lambda: self.auth.password_changes.change(self.who, PASSWORD, PASSWORD + "!", HERE)

    async def passkey_alone(self) -> Attempt:
        await self.passkey()
        begun = await self.auth.passkey_sign_ins.begin(HERE)
        shown = self.device.show(begun.options)
        return lambda: self.auth.passkey_sign_ins.sign_in(begun.ceremony, shown, HERE)

    async def passkey_second(self) -> Attempt:
        await self.passkey()
        challenge = await self.challenge()
        begun = await self.auth.passkey_sign_ins.begin_second(challenge)
        given = (challenge, begun.ceremony, self.device.show(begun.options))
        return lambda: self.auth.passkey_sign_ins.second_factor(*given, HERE)

    async def code_again(self) -> Attempt:
        code = self.world.code(EMAIL)
        return lambda: self.auth.step_ups.with_code(self.who, code, HERE)

    async def passkey_again(self) -> Attempt:
        await self.passkey()
        begun = await self.auth.step_ups.begin(self.who)
        shown = self.device.show(begun.options)
        return lambda: self.auth.step_ups.with_passkey(self.who, begun.ceremony, shown, HERE)


PATHS: dict[str, tuple[str, ...]] = {
    "sign_ins.SignIns._next_step": ("password_alone",),
    "sign_ins.SignIns.second_factor": ("second_factor",),
    "sessions.Sessions.refresh": ("refresh",),
    "factors.Factors._go_on": ("new_factor",),
    "password_changes.PasswordChanges.change": ("new_password",),
    "passkey_sign_ins.PasskeySignIns.sign_in": ("passkey_alone",),
    "passkey_sign_ins.PasskeySignIns.second_factor": ("passkey_second",),
    "step_ups.StepUps._proved": ("code_again", "passkey_again"),
    "passes.Passes._write_some": (),  # nobody asks for it; `test_api_keys.py` bars its login
}
"""Where the code issues something, and what a caller does to get there."""
BARRED: dict[str, dict[str, Any] | None] = {
    "locked": {"standing": Standing.LOCKED},
    "disabled": {"standing": Standing.DISABLED},
    "deleted": None,  # the last one: nobody comes back from it
}
ATTEMPTS = [attempt for attempts in PATHS.values() for attempt in attempts]


def issuing() -> set[str]:
    """Every method of the service that calls what issues, by reading the code."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for kind in (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)):
            for method in (node for node in kind.body if isinstance(node, ast.AsyncFunctionDef)):
                if any(issues(node) for node in ast.walk(method)):
                    found.add(f"{path.stem}.{kind.name}.{method.name}")
    return found


def issues(node: ast.AST) -> bool:
    """`self._issuing.open(…)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ISSUES
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "_issuing"
    )


def test_every_path_that_issues_something_is_tried_here() -> None:
    assert issuing() == PATHS.keys()


def test_only_issuing_signs_and_what_it_signs_passes_the_gate() -> None:
    signing = {path.stem for path in FOLDER.glob("*.py") if ".sign(" in path.read_text()}
    assert signing == {"issuing"}
    for name, method in inspect.getmembers(Issuing, inspect.isfunction):
        source = inspect.getsource(method)
        if ".sign(" in source or "sessions.add(" in source:
            assert name in ISSUES
            assert "may_authenticate(login.standing)" in source or "self.token(" in source, name


async def scene_of(world: World, web: httpx.AsyncClient) -> Scene:
    return Scene(world, web, await world.member(web, EMAIL))


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_who_may_sign_in_gets_through(world: World, attempt: str) -> None:
    async with world.browser() as web:
        scene = await scene_of(world, web)
        assert await (await getattr(scene, attempt)())()


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_who_may_not_does_not(world: World, attempt: str) -> None:
    async with world.browser() as web:
        scene = await scene_of(world, web)
        for state, values in BARRED.items():
            tried = await getattr(scene, attempt)()
            await stand(world, scene, values)
            with pytest.raises(AppError) as refused:
                await tried()
            if values is None:
                assert refused.value.kind is Kind.UNAUTHENTICATED, state
            else:
                assert isinstance(refused.value, LoginBarred), state
                await stand(world, scene, {"standing": Standing.ACTIVE})


async def stand(world: World, scene: Scene, values: dict[str, Any] | None) -> None:
    """Past all that an operator's lock does beside: the gate alone has to hold."""
    mine = login.c.user_id == scene.user_id
    async with world.db.begin() as tx:
        if values is None:
            await tx.conn.execute(delete(login).where(mine))
        else:
            await tx.conn.execute(update(login).where(mine).values(values))
