"""Every refusal of payments, by whom it is told to."""
