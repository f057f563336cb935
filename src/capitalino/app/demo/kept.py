"""What the demo has made so far, in `demo.json` of the stack's folder: a later run goes on from there."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Self

from capitalino.app.stack.folder import Folder, replace

DAYS = 730


@dataclass
class Account:
    """A demo login. Its password and secret are made for this installation; there are no default ones."""

    role: str
    email: str
    password: str
    totp_secret: str = ""
    investor_id: str = ""


@dataclass
class Story:
    """The investor's story: its days are set once, so that a run on a later day does not tell another one."""

    first_on: date
    until_on: date
    acts_done: int = 0
    """Of what was taken over, the oldest first."""
    quotes: dict[str, str] = field(default_factory=dict)
    """The offers that her own exchanges use."""
    is_told: bool = False

    @classmethod
    def of(cls, today: date) -> Self:
        """Two years, until yesterday."""
        return cls(today - timedelta(days=DAYS), today)


@dataclass
class Kept:
    """All of it."""

    folder: Folder
    accounts: dict[str, Account] = field(default_factory=dict)
    story: Story | None = None

    @classmethod
    def read(cls, folder: Folder) -> Self:
        """As it was left; nothing where there is nothing yet."""
        kept = cls(folder)
        try:
            found = json.loads((folder.root / "demo.json").read_text())
            kept.accounts = {row["role"]: Account(**row) for row in found["accounts"]}
        except (OSError, ValueError, KeyError):
            return kept
        if told := found.get("story"):
            days = {name: date.fromisoformat(told[name]) for name in ("first_on", "until_on")}
            kept.story = Story(**told | days)
        return kept

    def write(self) -> None:
        """For the owner of the folder alone to read."""
        accounts = [asdict(account) for account in self.accounts.values()]
        told = {"accounts": accounts, "story": self.story and asdict(self.story)}
        replace(self.folder.root / "demo.json", json.dumps(told, indent=2, default=str))
