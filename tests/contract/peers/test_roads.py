"""Every API: the object next door and the proxy over the bus give the same answers and the same refusals."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from capitalino.app.catalog import chosen
from capitalino.kit.bus import Bus
from capitalino.kit.db import Database, Schema, _inside
from capitalino.kit.errors import AppError, Kind, PeerUnavailable
from capitalino.kit.rpc import Peer, calls, deadline
from capitalino.kit.sheaf import question_line
from tests.contract.peers.conftest import Reach, Roads
from tests.contract.peers.generated import Target, messages, named

METHODS = [
    (api, method, *calls(api)[method])
    for module in chosen(["all"])
    for api in module.apis
    for method in calls(api)
]
each_method = pytest.mark.parametrize(
    "protocol, method, question, answer", METHODS, ids=[named(api, method) for api, method, *_ in METHODS]
)
both_roads = pytest.mark.parametrize("road", ["near", "far"])
API, METHOD, QUESTION, ANSWER = METHODS[0]
SOON_S, LONG_S = 0.3, 60
# The roads are opened once for all the examples of a test.
shared = settings(max_examples=25, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
UNKNOWN_ID = UUID("0190a4d2-0000-7000-8000-000000000000")


class Odd(AppError):
    """A refusal with all that details may hold."""

    code = "test.odd"
    kind = Kind.REJECTED


def an_example(cls: type[BaseModel]) -> Any:
    """One message, always the same."""
    found: list[Any] = []

    @given(messages(cls))
    @settings(max_examples=1, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def keep(message: BaseModel) -> None:
        found.append(message)

    keep()
    return found[0]


async def at_once(ask: Any) -> Any:
    """Ask with a deadline that nobody waits for."""
    token = deadline.set(asyncio.get_running_loop().time() + LONG_S)
    try:
        async with asyncio.timeout(LONG_S / 2):
            return await ask(an_example(QUESTION))
    finally:
        deadline.reset(token)


async def refusal(asked: Any) -> tuple[str, Kind, str, dict[str, Any]]:
    """What a caller is told."""
    with pytest.raises(AppError) as refused:
        await asked
    error = refused.value
    return error.code, error.kind, error.message, error.details


@pytest.fixture
def protocol() -> type:
    """The API of those tests that look at one only."""
    return API


@pytest.fixture
def target(protocol: type) -> Target:
    return Target(protocol)


@pytest.fixture
async def roads(reach: Reach, protocol: type, target: Target) -> Roads:
    return await reach(protocol, target)


@each_method
@shared
@given(data=st.data())
async def test_questions_and_answers_are_the_same_on_both_roads(
    target: Target, roads: Roads, method: str, question: Any, answer: Any, data: st.DataObject
) -> None:
    asked, given_back = data.draw(messages(question)), data.draw(messages(answer))
    target.asked.clear()
    target.answers(given_back)
    for road in roads:
        assert await getattr(road, method)(asked) == given_back
    assert target.asked == [asked, asked]


@each_method
async def test_refusals_are_the_same_on_both_roads(
    target: Target, roads: Roads, method: str, question: Any, answer: Any
) -> None:
    asked = an_example(question)
    for kind in Kind:
        refused = Odd("Not today.", available="12.50", limit=3, field=None, names=["a", "b"])
        refused.kind = kind
        target.raises(refused)
        near, far = [await refusal(getattr(road, method)(asked)) for road in roads]
        assert near == far == ("test.odd", kind, "Not today.", refused.details)


@pytest.fixture
def ask(roads: Roads, road: str) -> Any:
    """Ask the one API of these tests something, on one road."""
    return getattr(getattr(roads, road), METHOD)


@both_roads
async def test_what_is_not_answered_in_time_is_unavailable(ask: Any, target: Target) -> None:
    question, answer = an_example(QUESTION), an_example(ANSWER)
    target.sleeps(SOON_S * 2, answer)
    token = deadline.set(asyncio.get_running_loop().time() + SOON_S)
    with pytest.raises(PeerUnavailable):
        await ask(question)
    deadline.reset(token)
    assert answer not in target.asked
    async with asyncio.timeout(10):
        while answer not in target.asked:
            await asyncio.sleep(0.01)  # who gives up does not stop what was asked for


@both_roads
async def test_without_time_left_nobody_is_asked(ask: Any, target: Target) -> None:
    token = deadline.set(asyncio.get_running_loop().time() - 1)
    with pytest.raises(PeerUnavailable):
        await ask(an_example(QUESTION))
    deadline.reset(token)
    assert target.asked == []


@both_roads
async def test_the_target_has_what_is_left_of_the_time(ask: Any, target: Target) -> None:
    left: list[float] = []
    question, answer = an_example(QUESTION), an_example(ANSWER)

    async def reply(_: BaseModel) -> BaseModel:
        due = deadline.get()
        assert due is not None
        left.append(due - asyncio.get_running_loop().time())
        assert isinstance(answer, BaseModel)
        return answer

    target.reply = reply
    token = deadline.set(asyncio.get_running_loop().time() + 1)
    await ask(question)
    deadline.reset(token)
    assert 0 < left[0] <= 1


@both_roads
@pytest.mark.parametrize(
    "crash", [ZeroDivisionError("ours"), TimeoutError(), AssertionError("a mistake"), ValueError()], ids=repr
)
async def test_a_crash_is_unavailable_and_at_once(
    ask: Any, target: Target, logged: list[Any], crash: Exception
) -> None:
    target.raises(crash)
    with pytest.raises(PeerUnavailable, match="could not answer") as refused:
        await at_once(ask)
    assert refused.value.details == {"peer": named(API, METHOD)}
    assert {"event": "peer.crashed", "method": named(API, METHOD)}.items() <= logged[-1].items()


async def test_what_is_stopped_next_door_is_not_waited_for(roads: Roads, target: Target) -> None:
    async def reply(_: BaseModel) -> BaseModel:
        raise asyncio.CancelledError

    target.reply = reply
    with pytest.raises(PeerUnavailable, match="was stopped"):
        await at_once(getattr(roads.near, METHOD))


@both_roads
async def test_an_answer_that_the_target_can_not_make_is_a_crash_and_not_the_callers_fault(
    ask: Any, target: Target
) -> None:
    async def reply(_: BaseModel) -> BaseModel:
        broken: BaseModel = ANSWER.model_validate({})
        return broken

    target.reply = reply
    with pytest.raises(PeerUnavailable):
        await ask(an_example(QUESTION))


@both_roads
async def test_a_peer_that_could_not_ask_on_is_unavailable_too(ask: Any, target: Target) -> None:
    target.raises(PeerUnavailable("The third one is away.", peer="third.ask"))
    with pytest.raises(PeerUnavailable) as refused:
        await ask(an_example(QUESTION))
    assert refused.value.details == {"peer": "third.ask"}


@both_roads
async def test_nobody_is_asked_while_a_transaction_is_open(ask: Any, target: Target) -> None:
    token = _inside.set(True)
    with pytest.raises(AssertionError, match="transaction"):
        await ask(an_example(QUESTION))
    _inside.reset(token)
    assert target.asked == []


async def test_nobody_serves_is_told_at_once(asker: Bus) -> None:
    with pytest.raises(PeerUnavailable):
        await at_once(getattr(Peer(API, asker, None), METHOD))


async def test_a_bus_that_is_away_is_told_as_unavailable(nats_url: str) -> None:
    bus = Bus(nats_url, "asker")
    await bus.open()
    await bus.close()
    with pytest.raises(PeerUnavailable):
        await getattr(Peer(API, bus, None), METHOD)(an_example(QUESTION))


async def test_details_of_any_kind_arrive_as_http_would_show_them(roads: Roads, target: Target) -> None:
    target.raises(Odd("No.", hold_id=UNKNOWN_ID, kind_of=Kind.CONFLICT))
    _, _, _, details = await refusal(getattr(roads.far, METHOD)(an_example(QUESTION)))
    assert details == {"hold_id": str(UNKNOWN_ID), "kind_of": "conflict"}


async def test_a_question_of_another_version_is_refused_and_not_guessed(roads: Roads, asker: Bus) -> None:
    asked = question_line(1, 2.0, b"", b'{"unheard_of": 1}')
    reply = await asker.nc.request(f"rpc.{named(API, METHOD)}", asked, timeout=5)
    assert b'"code":"invalid_request"' in reply.data
    assert b'"kind":"invalid"' in reply.data


async def test_a_reply_too_large_for_the_bus_is_not_waited_for_in_vain(roads: Roads, target: Target) -> None:
    class Large(BaseModel):
        text: str = "x" * 1_000_001

    target.answers(Large())
    with pytest.raises(PeerUnavailable):
        await getattr(roads.far, METHOD)(an_example(QUESTION))


@both_roads
async def test_log_lines_of_the_target_have_the_askers_request_id(ask: Any, target: Target) -> None:
    seen: list[Any] = []

    async def reply(_: BaseModel) -> BaseModel:
        seen.append(structlog.contextvars.get_contextvars().get("request_id"))
        answer: BaseModel = an_example(ANSWER)
        return answer

    target.reply = reply
    with structlog.contextvars.bound_contextvars(request_id="r-12345678"):
        await ask(an_example(QUESTION))
    assert seen == ["r-12345678"]


async def test_replicas_share_the_questions(nats_url: str, reach: Reach) -> None:
    one, other = Target(API), Target(API)
    answer = an_example(ANSWER)
    one.answers(answer)
    other.answers(answer)
    roads, question = await reach(API, one), an_example(QUESTION)
    await reach(API, other)
    async with asyncio.timeout(30):
        while not (one.asked and other.asked):  # the server throws a coin for each question
            await asyncio.gather(*(getattr(roads.far, METHOD)(question) for _ in range(10)))
    assert (len(one.asked) + len(other.asked)) % 10 == 0, "each question is answered by one"


async def test_asking_inside_a_real_transaction_is_a_mistake_that_shows(roads: Roads, database: Any) -> None:
    db: Database = await database(Schema("asks"))
    async with db.begin():
        with pytest.raises(AssertionError):
            await getattr(roads.far, METHOD)(an_example(QUESTION))
