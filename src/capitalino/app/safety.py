"""Production refuses unsafe settings, with all reasons at once."""

from collections.abc import Callable, Iterable
from typing import Any

from capitalino.app.stack.errors import CannotStart
from capitalino.kit.module import Module
from capitalino.kit.settings import Shared, load

HASH_MEMORY_LEAST_KIB, HASH_TIME_LEAST = 19_456, 2
"""The least that OWASP's page about storing passwords gives for Argon2id."""
SIGN_INS_MOST, REGISTRATIONS_MOST = 600, 3600
DAY_S, HOUR_S = 86_400, 3600
Told = list[tuple[bool, str]]
"""Whether it is unsafe, and the sentence; `~` stands for the beginning of the service's settings."""


def _auth(settings: Any) -> Told:
    """Passwords that are cheap to guess, and doors that stand open."""
    hashes = settings.hash_memory_kib < HASH_MEMORY_LEAST_KIB or settings.hash_time_cost < HASH_TIME_LEAST
    is_endless = settings.sign_ins_a_minute > SIGN_INS_MOST
    is_endless |= settings.registrations_an_hour > REGISTRATIONS_MOST
    return [
        (hashes, "~HASH_MEMORY_KIB and ~HASH_TIME_COST are below 19456 and 2: hashes are cheap to guess."),
        (is_endless, "~SIGN_INS_A_MINUTE or ~REGISTRATIONS_AN_HOUR is no limit any more."),
        (settings.session_absolute_s > DAY_S, "~SESSION_ABSOLUTE_S is more than a day."),
        (settings.session_idle_s > HOUR_S, "~SESSION_IDLE_S is more than an hour."),
    ]


def _market(settings: Any) -> Told:
    """Prices and rates of a stand-in, or of one venue alone."""
    return [
        (bool(settings.rates_url), "~RATES_URL names a sandbox: its rates are made up."),
        (settings.price_quorum < 2, "~PRICE_QUORUM is below 2: one venue alone would make prices."),
    ]


def _payments(settings: Any) -> Told:
    """Exchanges without keys."""

    def has_keys(venue: str) -> bool:
        wanted = [f"{venue}_key", f"{venue}_secret", *(["okx_passphrase"] if venue == "okx" else [])]
        return all(getattr(settings, name) is not None for name in wanted)

    return [
        (not any(map(has_keys, settings.venues)), "~VENUES has no exchange with keys: nothing is ordered."),
        (not has_keys(settings.deposit_venue), "~DEPOSIT_VENUE has no keys: deposits could not be seen."),
    ]


OWN: dict[str, Callable[[Any], Told]] = {"auth": _auth, "market": _market, "payments": _payments}


def reasons(modules: Iterable[Module], shared: Shared) -> list[str]:
    """Why these services should not run like this where real money is, a sentence each."""
    found = shared.unsafe()
    for module in modules:
        settings, prefix = load(module.settings), f"CAPITALINO_{module.name.upper()}_"
        found += settings.unsafe(prefix, shared)
        told = OWN[module.name](settings) if module.name in OWN else []
        found += [sentence.replace("~", prefix) for is_unsafe, sentence in told if is_unsafe]
    return found


def refuse_unsafe(modules: Iterable[Module], shared: Shared) -> None:
    """CannotStart in production, where there is any reason."""
    if shared.mode != "production":
        return
    if found := reasons(modules, shared):
        listed = "\n".join(f"- {one}" for one in found)
        count = "one setting that is" if len(found) == 1 else f"{len(found)} settings that are"
        raise CannotStart(f"production refuses {count} not safe, and has started nothing:\n{listed}")
