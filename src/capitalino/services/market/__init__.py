"""The market: what things cost, now and before.

Owns assets, instruments, live prices, candles and fiat reference rates. Asks nobody, hears nobody. Tells
`market.day_closed.v1` once for each day of each instrument, and signals the live prices, which are no facts,
on `market.price.<BASE>.<QUOTE>`.
"""
