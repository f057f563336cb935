"""The outside world of the market, beside the venues: where fiat reference rates are read."""
