"""Analytics: what an investor's money is worth, was worth, and where it came from.

Owns a read model that follows from facts alone: `capitalino events rebuild` throws it away and has it filled.
Asks nobody. Hears the ledger, the market's closes, payments, profiles; listens to live prices. Tells nothing.
"""
