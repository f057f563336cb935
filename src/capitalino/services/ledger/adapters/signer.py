"""The keys that sign the chain's head."""

from capitalino.kit.signing import Mode, Signer
from capitalino.services.ledger.settings import LedgerSettings

__all__ = ["Mode", "Signer", "signer_of"]


def signer_of(settings: LedgerSettings, mode: Mode) -> Signer:
    """As the settings name them."""
    return Signer.of(settings.checkpoint_keys, "CAPITALINO_LEDGER_CHECKPOINT_KEYS", mode)
