"""Every refusal of example."""

from capitalino.kit.errors import AppError, Kind


class NoteEmpty(AppError):
    """The text is empty, or only space."""

    code = "example.note_empty"
    kind = Kind.REJECTED
