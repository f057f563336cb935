"""The venues that payments may use: those that it has keys for, or all of them where a sandbox stands in."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace

from pydantic import SecretStr

from capitalino.kit.clock import Clock
from capitalino.kit.settings import Shared
from capitalino.services.payments.settings import PaymentsSettings
from capitalino.venues import VenueName, VenueSettings, open_venue, stand_in
from capitalino.venues.guarded import Guarded

OF_SANDBOX = VenueSettings()
# Kraken's secrets are base64; the sandbox knows its own as text.
KRAKEN_SECRET = SecretStr(b64encode(OF_SANDBOX.secret.get_secret_value().encode()).decode())


def open_venues(
    settings: PaymentsSettings, shared: Shared, clock: Clock
) -> tuple[dict[str, Guarded], Guarded]:
    """Where orders can be placed, in the order of preference; and where deposits arrive.

    Production needs the keys of one of the former and of the latter: else a ValueError. In development the
    latter is opened without any: it refuses what it is asked.
    """
    reached = {name: _reached(name, settings, shared) for name in dict.fromkeys(settings.venues)}
    usable = {name: there for name, there in reached.items() if there is not None}
    opened: dict[str, Guarded] = {
        name: Guarded(open_venue(name, there, clock), clock) for name, there in usable.items()
    }
    name = settings.deposit_venue
    receives = _reached(name, settings, shared)
    if shared.mode == "production" and not opened:
        raise ValueError(f"production needs the keys of an exchange: {_wanted(settings.venues)}")
    if shared.mode == "production" and receives is None:
        raise ValueError(f"production needs the keys of the exchange for deposits: {_wanted([name])}")
    deposits = opened.get(name) or Guarded(open_venue(name, receives or VenueSettings(), clock), clock)
    return opened, deposits


def _reached(name: VenueName, settings: PaymentsSettings, shared: Shared) -> VenueSettings | None:
    """How it is reached and as whom; None for a real venue without keys."""
    url = stand_in(shared.venues_url, name)
    key, secret = (getattr(settings, f"{name}_{what}") for what in ("key", "secret"))
    phrase = settings.okx_passphrase if name == "okx" else OF_SANDBOX.passphrase
    if key and secret and phrase:
        return VenueSettings(url, api_key=key, secret=secret, passphrase=phrase)
    if key or secret or (settings.okx_passphrase and name == "okx"):
        raise ValueError(f"half of the keys of {name} are missing: {_wanted([name])}")
    if url is None:
        return None
    sandbox = VenueSettings(url)
    return replace(sandbox, secret=KRAKEN_SECRET) if name == "kraken" else sandbox


def _wanted(names: Sequence[VenueName]) -> str:
    """The settings that are missing, for who has to set them."""
    prefix = "CAPITALINO_PAYMENTS_"
    told = [f"{prefix}{name.upper()}_{what}" for name in names for what in ("KEY", "SECRET")]
    return ", ".join(told + ([f"{prefix}OKX_PASSPHRASE"] if "okx" in names else []))
