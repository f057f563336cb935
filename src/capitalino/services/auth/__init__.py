"""Auth: who signs in, with what, and for how long.

Owns logins, roles, factors, passkeys, sessions, devices, API keys and the keys that sign access tokens. Asks
users to open the investor of a confirmed login. Hears nothing. Tells of sessions that were opened and closed.
"""
