"""What the sandbox ships beside its code: recorded prices, its tables, how its pages look."""
