"""What happens in the market: live prices are kept and served, feeds are read, candles are filled in."""
