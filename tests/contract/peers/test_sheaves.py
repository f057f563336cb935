"""Questions of one turn share a message of the bus, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import pytest
import structlog
from nats.aio.msg import Msg
from opentelemetry import context as trace_context
from opentelemetry import propagate, trace
from pydantic import BaseModel

from capitalino.kit.bus import Bus
from capitalino.kit.errors import AppError, Kind, PeerUnavailable, RemoteRefusal
from capitalino.kit.message import Answer, Command
from capitalino.kit.rpc import Peer, deadline
from capitalino.kit.sheaf import LINES_MAX, question_line
from tests.contract.peers.conftest import Reach

SOON_S = 0.3
LONG_S = 60
"""A deadline that nobody waits for."""


class Say(Command):
    """Something to be said again."""

    text: str
    times: int = 1


class Said(Answer):
    """It was."""

    text: str


class Strange(BaseModel):
    """No question that anybody knows."""

    unheard_of: int = 1


class Echoes(Protocol):
    """Says everything again."""

    async def say(self, command: Say) -> Said:
        """Refuses: test.rude."""
        ...


class Rude(AppError):
    """That is not said here."""

    code = "test.rude"
    kind = Kind.REJECTED


class Echo:
    """Does what the text says."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.seen: dict[str, Any] = {}
        self.look: Callable[[], Any] = lambda: None

    async def say(self, command: Say) -> Said:
        """Again."""
        self.seen[command.text] = self.look()
        if command.text == "rude":
            raise Rude("Not here.", word=command.text)
        if command.text == "crash":
            raise ZeroDivisionError
        if command.text.startswith("slow"):
            await asyncio.sleep(SOON_S * 2)
        self.done.append(command.text)
        return Said(text=command.text * command.times)


Ask = Callable[[BaseModel], Awaitable[Said]]


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def ask(reach: Reach, echo: Echo) -> Ask:
    """Ask over the bus."""
    roads = await reach(Echoes, echo)
    asking: Ask = roads.far.say
    return asking


@pytest.fixture
async def passed(nats_url: str) -> AsyncIterator[list[Msg]]:
    """The messages that pass between the two: questions and answers."""
    bus, seen = Bus(nats_url, "spy"), list[Msg]()
    await bus.open()

    async def see(msg: Msg) -> None:
        seen.append(msg)

    await bus.nc.subscribe("rpc.>", cb=see)
    await bus.nc.subscribe("_INBOX_asker.>", cb=see)
    await bus.nc.flush()
    yield seen
    await bus.close()


def questions(passed: list[Msg]) -> list[list[bytes]]:
    """The sheaves of questions among them."""
    return [msg.data.split(b"\n") for msg in passed if msg.subject.startswith("rpc.")]


def answers(passed: list[Msg]) -> list[list[bytes]]:
    """The sheaves of answers among them."""
    return [msg.data.split(b"\n") for msg in passed if msg.data and msg.subject.startswith("_INBOX_asker.")]


async def within(seconds: float, asked: Awaitable[Said]) -> Said:
    """Ask with so much time left."""
    token = deadline.set(asyncio.get_running_loop().time() + seconds)
    try:
        return await asked
    finally:
        deadline.reset(token)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_neighbours_in_one_message_do_not_share_a_fate(
    ask: Ask, echo: Echo, passed: list[Msg], logged: list[Any]
) -> None:
    fine, rude, strange, slow, crashed, other = await asyncio.gather(
        ask(Say(text="fine")),
        ask(Say(text="rude")),
        ask(Strange()),
        within(SOON_S, ask(Say(text="slow"))),
        ask(Say(text="crash")),
        ask(Say(text="tab\tand\nline", times=2)),
        return_exceptions=True,
    )
    assert fine == Said(text="fine")
    assert other == Said(text="tab\tand\nline" * 2)
    assert isinstance(rude, RemoteRefusal)
    assert (rude.code, rude.kind, rude.message) == ("test.rude", Kind.REJECTED, "Not here.")
    assert rude.details == {"word": "rude"}
    assert isinstance(strange, RemoteRefusal)
    assert (strange.code, strange.kind) == ("invalid_request", Kind.INVALID)
    assert isinstance(slow, PeerUnavailable)
    assert isinstance(crashed, PeerUnavailable)
    await until(lambda: "slow" in echo.done)  # who gives up does not stop what was asked for
    await until(lambda: sum(map(len, answers(passed))) == 6)
    assert [len(sheaf) for sheaf in questions(passed)] == [6]
    assert [len(sheaf) for sheaf in answers(passed)] == [5, 1]


async def test_nobody_waits_for_a_slow_neighbour(ask: Ask, echo: Echo) -> None:
    slow = asyncio.ensure_future(ask(Say(text="slow")))
    assert await ask(Say(text="quick")) == Said(text="quick")
    assert not slow.done()
    assert await slow == Said(text="slow")


async def test_without_anybody_who_answers_all_are_told_at_once(asker: Bus) -> None:
    peer: Any = Peer(Echoes, asker, None)
    async with asyncio.timeout(LONG_S / 2):
        asked = (within(LONG_S, peer.say(Say(text="?"))) for _ in range(300))
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(one) for one in told} == {PeerUnavailable}


async def test_a_turn_of_many_goes_in_several_messages(ask: Ask, passed: list[Msg]) -> None:
    texts = [f"no. {number}" for number in range(2 * LINES_MAX + 1)]
    said = await asyncio.gather(*(ask(Say(text=text)) for text in texts))
    assert [one.text for one in said] == texts
    await until(lambda: sum(map(len, answers(passed))) == len(texts))
    assert [len(sheaf) for sheaf in questions(passed)] == [LINES_MAX, LINES_MAX, 1]


async def test_long_questions_go_in_several_messages(ask: Ask, passed: list[Msg]) -> None:
    long = "x" * 100_000
    said = await asyncio.gather(*(ask(Say(text=long)) for _ in range(5)))
    assert {one.text for one in said} == {long}
    assert [len(sheaf) for sheaf in questions(passed)] == [2, 2, 1]


async def test_long_answers_go_in_several_messages(ask: Ask, passed: list[Msg]) -> None:
    said = await asyncio.gather(*(ask(Say(text="x", times=400_000)) for _ in range(5)))
    assert [len(one.text) for one in said] == [400_000] * 5
    assert [len(sheaf) for sheaf in questions(passed)] == [5]
    await until(lambda: sum(map(len, answers(passed))) == 5)
    assert [len(sheaf) for sheaf in answers(passed)] == [2, 2, 1]


async def test_what_is_too_large_for_the_bus_spoils_only_itself(ask: Ask, logged: list[Any]) -> None:
    async with asyncio.timeout(LONG_S / 2):
        large, heard, fine = await asyncio.gather(
            within(LONG_S, ask(Say(text="x" * 1_100_000))),
            within(LONG_S, ask(Say(text="x", times=1_000_001))),
            within(LONG_S, ask(Say(text="fine"))),
            return_exceptions=True,
        )
    assert isinstance(large, PeerUnavailable)
    assert isinstance(heard, PeerUnavailable)
    assert fine == Said(text="fine")


async def test_who_is_cancelled_stops_neither_what_he_asked_nor_his_neighbours(ask: Ask, echo: Echo) -> None:
    leaving, staying = (asyncio.ensure_future(ask(Say(text=text))) for text in ("slow one", "slow other"))
    await asyncio.sleep(SOON_S / 3)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == Said(text="slow other")
    await until(lambda: "slow one" in echo.done)
    assert await ask(Say(text="later")) == Said(text="later")


async def test_each_question_has_its_own_request_id_trace_and_deadline(
    ask: Ask, echo: Echo, passed: list[Msg]
) -> None:
    def look() -> tuple[Any, int, float]:
        due = deadline.get()
        assert due is not None
        left = due - asyncio.get_running_loop().time()
        bound = structlog.contextvars.get_contextvars()
        return bound.get("request_id"), trace.get_current_span().get_span_context().trace_id, left

    async def asking(text: str, request_id: str | None, trace_id: int, left_s: float) -> None:
        if request_id:
            structlog.contextvars.bind_contextvars(request_id=request_id)
        if trace_id:
            header = {"traceparent": f"00-{trace_id:032x}-00000000000000ab-01"}
            trace_context.attach(propagate.extract(header))
        await within(left_s, ask(Say(text=text)))

    echo.look = look
    asked = [("a", "r-a", 1, 1.9), ("b", None, 0, 0.5), ("c", "r-c", 0, 1.0), ("d", None, 4, 1.5)]
    await asyncio.gather(*(asking(*one) for one in asked))
    for text, request_id, trace_id, left_s in asked:
        seen_id, seen_trace, left = echo.seen[text]
        assert (seen_id, seen_trace) == (request_id, trace_id)
        assert left_s - 0.3 < left <= left_s
    assert [len(sheaf) for sheaf in questions(passed)] == [4]


async def test_what_is_no_question_is_passed_over(ask: Ask, asker: Bus, logged: list[Any]) -> None:
    good = question_line(7, 2.0, b"", b'{"text": "good"}')
    sheaf = b"\n".join((b"", b"nonsense", b"1\tsoon\t\t{}", good))
    reply = await asker.nc.request("rpc.peers.say", sheaf, timeout=5)
    assert reply.data == b'7\tdata\t{"text":"good"}'
    assert [line["event"] for line in logged] == ["peer.not_a_question"] * 3


async def test_answers_find_their_way_after_the_line_was_cut(ask: Ask, asker: Bus, logged: list[Any]) -> None:
    await ask(Say(text="before"))
    await asker.nc.force_reconnect()
    async with asyncio.timeout(10):
        while True:
            try:
                assert await ask(Say(text="after")) == Said(text="after")
            except PeerUnavailable:
                continue
            break
