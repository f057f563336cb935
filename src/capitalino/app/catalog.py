"""The services that there are, each after those that it asks."""

import inspect
from collections.abc import Iterable
from importlib import import_module

from capitalino.kit.message import Event
from capitalino.kit.module import Module

NAMES = ("ledger", "market", "users", "auth", "payments", "notifications", "analytics", "gateway")


class UnknownService(ValueError):
    """There is no service of that name; the text says which there are."""


def module(name: str) -> Module:
    """One service's module.

    Imported only when it is asked for: a process loads no service that it does not run.
    """
    found: Module = import_module(f"capitalino.services.{name}.module").module
    return found


def chosen(names: Iterable[str]) -> list[Module]:
    """The modules of these services in the catalogue's order; `all` is every one.

    UnknownService for a name that is none.
    """
    wanted = {part for name in names for part in name.split(",") if part}
    if unknown := wanted - {*NAMES, "all"}:
        raise UnknownService(f"unknown service: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    return [module(name) for name in NAMES if "all" in wanted or name in wanted]


def events() -> list[type[Event]]:
    """Every event of every contract, by subject."""
    found = {}
    for name in NAMES:
        try:
            module = import_module(f"capitalino.contracts.{name}.events")
        except ModuleNotFoundError:
            continue
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Event) and cls is not Event:
                found[cls.subject] = cls
    return [found[subject] for subject in sorted(found)]
