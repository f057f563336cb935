"""From where a request comes, as far as the request tells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The network address, what the browser calls itself, and the secret of its device cookie."""

    address: str
    agent: str = ""
    device: str | None = None
