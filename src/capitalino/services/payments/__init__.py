"""Payments: money crossing our border. Owns quotes, conversions, deposits and their states; never a balance.

Asks the ledger to hold and move, the market for prices. Tells ConversionSettled, ConversionRefused,
DepositSettled.
"""
