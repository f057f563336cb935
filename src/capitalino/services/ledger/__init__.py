"""The one book of record: accounts, entries, holds and balances, double entry.

Owns: assets as the book keeps them, accounts, entries with their postings, lines, open holds; the only writer
of balances.
Asks: nobody. Hears: nothing. Tells: EntryPosted, one for each accepted entry.

Money moves through one function of the database, `ledger.post_batch`. The serving role can
only read and execute.
"""
