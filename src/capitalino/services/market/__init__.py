"""The market: what things cost, now and before.

Owns assets, instruments, live prices, candles and fiat reference rates. Asks nobody, hears nobody. Tells
`market.day_closed.v1` once for each day of each instrument, and signals live prices, which are no facts, on
`market.price.<BASE>.<QUOTE>`: what several venues agree on. Among its own replicas it signals what each venue
says (`market.tick`) and how its feed does (`market.feed`).
"""
