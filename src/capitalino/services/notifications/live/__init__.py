"""The socket hub: prices to everybody, and to each investor what is theirs, in order and without a gap."""
