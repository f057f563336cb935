"""The one way in which starting is refused: a sentence for the person at the keyboard."""


class CannotStart(Exception):
    """Its text is the whole answer: what is wrong, and what to do about it."""
