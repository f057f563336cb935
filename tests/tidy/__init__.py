"""The house rules, as far as a machine can hold them."""
