"""What must be true of prices and candles. Pure: no clock, no network, no database."""
