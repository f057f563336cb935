"""Import one exchange client of ccxt without the hundred others, in a third of the time."""

import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any


def client_class(name: str) -> type[Any]:
    """The client that has both REST and WebSocket."""
    if _is_light() and not hasattr(sys.modules.get("ccxt.pro"), name):
        try:
            _import_bare(name)
        except (ImportError, AttributeError, NameError, TypeError):
            # It leans on ccxt's insides. When they change, the plain import still works.
            for module in [module for module in sys.modules if module.split(".")[0] == "ccxt"]:
                del sys.modules[module]
    if not hasattr(sys.modules.get("ccxt.pro"), name):
        importlib.import_module("ccxt.pro")
    found: type[Any] = getattr(sys.modules["ccxt.pro"], name)
    return found


def _is_light() -> bool:
    """Whether nobody has imported ccxt in the plain way."""
    return not hasattr(sys.modules.get("ccxt"), "__file__")


def _import_bare(name: str) -> None:
    """Put one client into the empty packages, which the first client needs first."""
    if "ccxt" not in sys.modules:
        _import_packages()
    for package in (sys.modules["ccxt.async_support"], sys.modules["ccxt.pro"]):
        _put(package, **{name: getattr(importlib.import_module(f"{package.__name__}.{name}"), name)})


def _import_packages() -> None:
    """Put empty packages where ccxt's own would import everything, and fill in what every client needs."""
    spec = PathFinder.find_spec("ccxt")
    assert spec is not None, "ccxt is installed"
    root = (spec.submodule_search_locations or [""])[0]
    ccxt, rest, live = (
        _bare("ccxt", root),
        _bare("ccxt.async_support", f"{root}/async_support"),
        _bare("ccxt.pro", f"{root}/pro"),
    )
    _put(ccxt, async_support=rest, pro=live)
    errors = importlib.import_module("ccxt.base.errors")
    _put(ccxt, **{word: value for word, value in vars(errors).items() if not word.startswith("_")})
    base = importlib.import_module("ccxt.base.exchange")
    _put(ccxt, BaseExchange=base.BaseExchange, Exchange=base.Exchange)
    _put(rest, Exchange=importlib.import_module("ccxt.async_support.base.exchange").Exchange)


def _bare(name: str, folder: str) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = [folder]
    sys.modules[name] = module
    return module


def _put(module: ModuleType, **values: Any) -> None:
    for name, value in values.items():
        setattr(module, name, value)
