"""What must be true of a note."""

import pytest

from capitalino.services.example.domain import checked
from capitalino.services.example.errors import NoteEmpty


def test_a_note_has_no_space_around_it() -> None:
    assert checked("  sell in May ") == "sell in May"


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_note_is_refused(text: str) -> None:
    with pytest.raises(NoteEmpty):
        checked(text)
