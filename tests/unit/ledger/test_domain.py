"""Entries: when they are sound, and what makes two of them the same."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from capitalino.money import UNITS_MAX
from capitalino.services.ledger.domain import Entry, Movement, Verdict

ENTRY_ID = UUID(int=1)
MOVEMENT = Movement("world:bank", "investor:a:cash", "EUR", 100)
ENTRY = Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), metadata={"a": "1", "b": "2"})


@pytest.mark.parametrize(
    "movement, is_sound",
    [
        (MOVEMENT, True),
        (Movement("a:b", "a:c", "EUR", UNITS_MAX), True),
        (Movement("a:b", "a:c", "EUR", UNITS_MAX + 1), False),
        (Movement("a:b", "a:c", "EUR", 0), False),
        (Movement("a:b", "a:c", "EUR", -1), False),
        (Movement("a:b", "a:b", "EUR", 1), False),
    ],
)
def test_a_movement_is_sound_when_it_moves_countable_units_elsewhere(
    movement: Movement, *, is_sound: bool
) -> None:
    assert movement.is_sound is is_sound
    assert Entry(ENTRY_ID, "post", "test.post", (MOVEMENT, movement)).is_sound is is_sound


def test_an_entry_without_movements_is_sound_only_when_it_resolves_a_hold() -> None:
    assert not Entry(ENTRY_ID, "post", "test.post").is_sound
    assert Entry(ENTRY_ID, "release", "test.release", refers_to=UUID(int=2)).is_sound


@pytest.mark.parametrize(
    "units, is_sound", [(0, True), (UNITS_MAX, True), (UNITS_MAX + 1, False), (-1, False)]
)
def test_what_counts_against_limits_is_countable(units: int, *, is_sound: bool) -> None:
    limited = Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), reference_units=units, limit_key="a:b")
    assert limited.is_sound is is_sound
    part = Entry(ENTRY_ID, "capture", "test.x", refers_to=ENTRY_ID, part=units)
    assert part.is_sound is (is_sound and units > 0)


def test_units_count_against_a_limit_that_is_named() -> None:
    assert not Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), reference_units=5).is_sound
    assert not Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), limit_key="investor:a:out").is_sound


def test_the_fingerprint_forgets_the_id_the_order_of_metadata_and_the_time_zone() -> None:
    noon = datetime(2026, 3, 20, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=3, minutes=30)))
    one = Entry(ENTRY_ID, "post", "c.d", (MOVEMENT,), effective_at=noon, metadata={"a": "1", "b": "2"})
    other = Entry(
        UUID(int=9), "post", "c.d", (MOVEMENT,), effective_at=elsewhere, metadata={"b": "2", "a": "1"}
    )
    assert one.fingerprint == other.fingerprint


def test_every_part_of_the_body_changes_the_fingerprint() -> None:
    at = datetime(2026, 3, 20, 12, tzinfo=UTC)
    bodies = [
        ENTRY,
        Entry(ENTRY_ID, "hold", "test.post", (MOVEMENT,), metadata=ENTRY.metadata),
        Entry(ENTRY_ID, "post", "test.other", (MOVEMENT,), metadata=ENTRY.metadata),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT, MOVEMENT), metadata=ENTRY.metadata),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,)),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), reference_units=5),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), effective_at=at),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), expires_at=at),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), part=5),
        Entry(ENTRY_ID, "post", "test.post", (MOVEMENT,), refers_to=ENTRY_ID),
        *(
            Entry(ENTRY_ID, "post", "test.post", (other,), metadata=ENTRY.metadata)
            for other in (
                Movement("world:bank", "investor:a:cash", "EUR", 101),
                Movement("world:bank", "investor:a:cash", "USD", 100),
                Movement("world:bank", "investor:b:cash", "EUR", 100),
                Movement("world:bank:1", "investor:a:cash", "EUR", 100),
            )
        ),
    ]
    assert len({body.fingerprint for body in bodies}) == len(bodies)


def test_refusals_are_all_verdicts_but_the_first_two() -> None:
    assert [verdict for verdict in Verdict if not verdict.is_refusal] == [Verdict.ACCEPTED, Verdict.REPEATED]
