"""Files that follow from the code: import contracts, the table of services, schemas.

CI fails when one is out of date.
"""

import inspect
import json
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from capitalino.app.catalog import chosen, events
from capitalino.app.compatible import refuse_broken
from capitalino.app.openapi import openapi
from capitalino.app.stack.settings import PROJECT, StackSettings
from capitalino.kit.module import Module
from capitalino.kit.settings import ServiceSettings, Settings, Shared

BEGIN, END = "<!-- services: generated -->", "<!-- /services -->"


def write(root: Path, *, check: bool) -> list[str]:
    """Bring every generated file of the checkout up to date; the names of those that were not.

    `check` writes nothing. Incompatible for an event that its hearers would no longer understand.
    """
    stale = []
    for name, text in files(root).items():
        path = root / name
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if path.exists() and path.parent.name == "events":
                refuse_broken(path, json.loads(text))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    return stale


def files(root: Path) -> dict[str, str]:
    """Every generated file by its name in the checkout."""
    modules = chosen(["all"])
    made = {
        ".importlinter": importlinter(modules),
        ".env.example": env_example(modules),
        "ARCHITECTURE.md": with_table((root / "ARCHITECTURE.md").read_text(), modules),
        "web/openapi.json": pretty(openapi()),
    }
    made |= {f"docs/events/{event.subject}.json": pretty(event.model_json_schema()) for event in events()}
    return made


def pretty(value: Any) -> str:
    """JSON as it is kept in the repository."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def settings_classes(modules: Iterable[Module]) -> list[tuple[str, type[Settings]]]:
    """Every settings class with whom it belongs to."""
    found: list[tuple[str, type[Settings]]] = [("every process", Shared)]
    found += [(module.name, module.settings) for module in modules if module.settings is not ServiceSettings]
    found.append(("capitalino up", StackSettings))
    return found


def env_example(modules: Iterable[Module]) -> str:
    """All settings with their defaults, commented out."""
    lines = [
        "# Every setting with its default, from the settings classes. Copy to .env what you change.",
        "",
    ]
    for owner, cls in settings_classes(modules):
        lines.append(f"# --- {owner}")
        prefix = cls.model_config.get("env_prefix", "")
        for name, field in cls.model_fields.items():
            setting = f"# {(prefix + name).upper()}="
            if not any(
                line.startswith(setting) for line in lines
            ):  # the stack reads some of the processes' own
                lines += [f"# {field.description}", setting + _shown(field.get_default())]
        lines.append("")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "get_secret_value"):
        return str(value.get_secret_value())
    if isinstance(value, Path):
        return str(value.relative_to(PROJECT))
    if isinstance(value, list | tuple | dict):
        return json.dumps(value)
    return str(value)


def with_table(page: str, modules: Iterable[Module]) -> str:
    """The page with its table of services brought up to date."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(modules)}{END}{after}"


def table(modules: Iterable[Module]) -> str:
    """What each service owns, asks, hears and tells."""
    rows = ["| service | for | asks | hears | tells | paths |", "|---|---|---|---|---|---|"]
    for module in modules:
        doc = inspect.getdoc(import_module(f"capitalino.services.{module.name}")) or ""
        purpose = doc.split("\n\n", 1)[0].replace("\n", " ").split(":", 1)[-1].strip()
        cells = (
            f"**{module.name}**",
            purpose,
            _names(sorted({api.__module__.split(".")[-2] for api in module.asks})),
            _names(event.subject.removesuffix(".v1") for event in module.hears),
            _names(event.__name__ for event in module.tells),
            _names(f"`{word}`" for word in module.words),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"


def importlinter(modules: Iterable[Module]) -> str:
    """The import contracts: the fixed ones, and one protected contract for each API from the catalogue."""
    modules = list(modules)
    text = FIXED
    askers: dict[str, set[str]] = {}
    for module in modules:
        for api in module.apis:
            askers.setdefault(api.__module__, set()).add(module.name)
        for api in module.asks:
            askers.setdefault(api.__module__, set()).add(module.name)
    for api_module in sorted(askers):
        owner = api_module.split(".")[-2]
        text += f"\n[importlinter:contract:who-asks-{owner}]\nname = Who may ask {owner}\ntype = protected\n"
        text += f"protected_modules =\n    {api_module}\nallowed_importers =\n"
        text += "".join(f"    capitalino.services.{name}\n" for name in sorted(askers[api_module] | {owner}))
    return text


def _contract(ident: str, name: str, kind: str, **lists: str) -> str:
    lines = [f"[importlinter:contract:{ident}]", f"name = {name}", f"type = {kind}"]
    for key, values in lists.items():
        words = values.split()
        lines += [f"{key} = {words[0]}"] if key in FLAGS else [f"{key} =", *(f"    {word}" for word in words)]
    return "\n".join(lines) + "\n\n"


FLAGS = {"exhaustive", "allow_indirect_imports"}
INSIDE = """
    module
    (routes) : (consumers) : (live)
    (service)
    (adapters)
    (store)
    (tables)
    (domain)
    (errors) : (settings)
"""
IO = "sqlalchemy fastapi nats httpx asyncio capitalino.kit.db capitalino.kit.bus capitalino.kit.http"
S = "capitalino.services.*"
make: Callable[..., str] = _contract
FIXED = (
    "# Generated by `make generated` from src/capitalino/app/generated.py and the catalogue. Do not edit.\n"
    "[importlinter]\nroot_package = capitalino\ninclude_external_packages = True\n\n"
    # `:` separates siblings that may see each other.
    "[importlinter:contract:floors]\n"
    "name = Floors\ntype = layers\nlayers =\n    app : sandbox\n"
    "    services\n    contracts : venues\n    kit\n    money\n"
    "containers =\n    capitalino\nexhaustive = True\n\n"
    + make("strangers", "Services are strangers", "independence", modules=S)
    + f"[importlinter:contract:inside-a-service]\nname = Inside a service\ntype = layers\nlayers ={INSIDE}"
    f"containers =\n    {S}\n\n"
    + make(
        "pure-domain",
        "Domain code does no I/O",
        "forbidden",
        source_modules=f"capitalino.money {S}.domain",
        forbidden_modules=IO,
    )
    + make(
        "sql-in-stores",
        "Only stores and tables know SQL",
        "forbidden",
        source_modules=f"{S}.routes {S}.service {S}.consumers capitalino.contracts",
        forbidden_modules="sqlalchemy",
        allow_indirect_imports="True",
    )
    + make(
        "http-in-routes",
        "Only routes know HTTP",
        "forbidden",
        source_modules=f"{S}.service {S}.store {S}.domain capitalino.contracts",
        forbidden_modules="fastapi",
        allow_indirect_imports="True",
    )
    + make(
        "through-the-service",
        "Routes go through the service",
        "forbidden",
        source_modules=f"{S}.routes",
        forbidden_modules=f"{S}.store {S}.tables",
        allow_indirect_imports="True",
    )
    + make(
        "sandbox-alone",
        "Nothing imports the sandbox",
        "protected",
        protected_modules="capitalino.sandbox",
        allowed_importers="capitalino.sandbox",
    )
    + make("no-cycles", "No cycles", "acyclic_siblings", ancestors="capitalino.**")
)
