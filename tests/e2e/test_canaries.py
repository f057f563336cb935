"""What must never be written down is planted everywhere, and then looked for in every log."""

import asyncio
from pathlib import Path
from uuid import uuid4

from capitalino.app.demo.visitor import Refused, Visitor, new_code
from tests.support.stack import Stack

WRONG = "wrong but as secret as a right one"


async def planted(stack: Stack) -> dict[str, str]:
    """Everything secret and personal that one person's way through the platform touches, by what it is."""
    mark, other = uuid4().hex, uuid4().hex
    email, password = f"canary-{mark}@capitalino.example", f"unlikely words {other}"
    async with Visitor.at(stack.url) as visitor:
        await visitor.register(email, password)
        await visitor.confirm(email, 30)
        secret = await visitor.set_up(email, password)
        token = visitor.token
        for call in (
            ("/api/v1/sessions", {"email": email, "password": WRONG + mark}),
            ("/api/v1/totp", {"code": new_code(secret)}),
            ("/api/v1/password-changes", {"old_password": WRONG + mark, "new_password": password + "!"}),
            ("/api/v1/password-resets", {"email": email}),
        ):
            try:
                await visitor.send("POST", *call)
            except Refused:
                continue  # what is refused is logged too, and that is what this is about
        ticket = (await visitor.send("POST", "/api/v1/ws/tickets", {}))["ticket"]
        codes = await visitor.send("POST", "/api/v1/recovery-codes", {})
        ends_at = (await visitor.send("GET", "/api/v1/sessions"))[0]["expires_at"]
        wish = {"name": f"canary {mark}", "scopes": ["read"], "expires_at": ends_at}
        key = await visitor.send("POST", "/api/v1/api-keys", wish)
        await visitor.send("PATCH", "/api/v1/me", {"display_name": f"Canary {mark}"})
        cookies = dict(visitor._web.cookies)
    return {
        "the address": email,
        "the password": password,
        "a wrong password": WRONG + mark,
        "the authenticator's secret": secret,
        "the access token": token.rpartition(".")[2],
        "the ticket of a socket": ticket,
        "a recovery code": codes["recovery_codes"][0],
        "an API key's private half": key["private_key"],
        "the person's name": f"Canary {mark}",
        **{f"the cookie {name}": value for name, value in cookies.items()},
    }


def written(folder: Path) -> str:
    """All that all parts have logged."""
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.rglob("*.log*")))


async def test_no_log_of_any_part_has_a_secret_or_a_person_in_it(platform: Stack) -> None:
    secrets = await planted(platform)
    assert len(secrets) >= 11, "both cookies are among them"
    await asyncio.sleep(1)  # what is written later than the answer
    text = written(platform.var / "log")
    assert "request.answered" in text, "these are the logs"
    assert [what for what, value in secrets.items() if value in text] == []
