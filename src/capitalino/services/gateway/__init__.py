"""The edge: the nginx configuration made from the catalogue, the health of all, the API's pages.

Owns nothing that is stored. Asks nobody and hears nothing: it only looks whether the others answer.
"""
