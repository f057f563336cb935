"""Local stand-ins of the outside world, in a process of their own: an exchange, its prices, a mail catcher.

The exchange speaks the REST and WebSocket protocols of Binance, Kraken, OKX and Coinbase, each below its name
(`/binance`), so that the unmodified clients talk to it. Nothing imports this package;
`python -m capitalino.sandbox --help` starts it.
"""
