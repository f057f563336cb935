"""Local stand-ins of the outside world, in a process of their own: an exchange, its prices, a mail catcher.

The exchange speaks Binance's own REST and WebSocket protocol under `/binance`, so that the unmodified client
talks to it. Nothing imports this package; `python -m capitalino.sandbox --help` starts it.
"""
