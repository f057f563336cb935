"""Composition: which services there are, and how a process, a stack and a command are made of them."""
