"""Looks at what we ship and at our own running stack as a stranger would, and writes a dated report.

    python -m tools.audit        (`make audit`)

Parts: known vulnerabilities (OSV's database, when it can be reached), licences, the bill of materials
(CycloneDX), static analysis (ruff's security rules), and a scan of a stack that is started for it. Exit code
1 when anything is found; what could not be looked at is said, and is no finding.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import httpx

from tools.audit_scan import scan

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "docs" / "security"
SBOM = ROOT / "var" / "audit" / "sbom.cdx.json"
OSV = "https://api.osv.dev/v1/querybatch"
OSV_MAX = 500
COPYLEFT = re.compile(r"\bA?GPL|General Public License", re.IGNORECASE)
WEAK = re.compile(r"LGPL|Lesser|MPL|Mozilla", re.IGNORECASE)
"""May be used beside, unchanged: listed, and no finding."""
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
NORMAL = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Component:
    """Something that we did not write. `purl` names it to the world."""

    purl: str
    name: str
    version: str
    licence: str = ""
    is_shipped: bool = True


@dataclass
class Part:
    """One part of the report."""

    title: str
    lines: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def main() -> int:
    """Write the report; the exit code."""
    found = [*python_packages(), *web_packages()]
    parts = [bill(found), licences(found), vulnerabilities(found), static_analysis()]
    with tempfile.TemporaryDirectory(prefix="capitalino-audit-") as place:
        parts.append(Part("Scan of a running stack", *scan(Path(place))))
    path = REPORTS / f"audit-{datetime.now(UTC):%Y-%m-%d}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report(parts))
    findings = sum(len(part.findings) for part in parts)
    sys.stdout.write(f"{path.relative_to(ROOT)}: {findings} findings\n")
    return 1 if findings else 0


def report(parts: list[Part]) -> str:
    """The parts as a page."""
    commit = run("git", "rev-parse", "--short", "HEAD").stdout.strip()
    lines = [
        f"# Security audit of {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"By `make audit`, of commit {commit}.",
        "",
    ]
    for part in parts:
        lines += [f"## {part.title}", ""]
        lines += [f"- **{one}**" for one in part.findings] or ["No findings."]
        lines += ["", *(f"- {one}" for one in part.lines), ""]
    return "\n".join(lines).rstrip() + "\n"


def python_packages() -> Iterator[Component]:
    """Those of the lock file, with the licences of the installed ones."""
    told = {normal(one.metadata["Name"]): licence_of(one.metadata) for one in distributions()}
    developing = set(dev_packages())
    for name, version in PINNED.findall((ROOT / "requirements.lock").read_text()):
        plain = normal(name)
        yield Component(
            f"pkg:pypi/{plain}@{version}", name, version, told.get(plain, ""), plain not in developing
        )


def dev_packages() -> set[str]:
    """What only developing needs: in the lock, and not needed by the extras that are shipped."""
    done = run(
        *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "all"),
        *("--no-header", "--no-annotate", "--universal", "--quiet", "--constraint", "requirements.lock"),
    )
    shipped = {normal(name) for name, _ in PINNED.findall(done.stdout)}
    every = {normal(name) for name, _ in PINNED.findall((ROOT / "requirements.lock").read_text())}
    return every - shipped if shipped else set()


def web_packages() -> Iterator[Component]:
    """Those of the web app's lock file."""
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    for path, about in packages.items():
        if path:
            name = path.rpartition("node_modules/")[2]
            version, licence = about["version"], str(about.get("license", ""))
            purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
            yield Component(purl, name, version, licence, not about.get("dev", False))


def bill(found: list[Component]) -> Part:
    """CycloneDX, for whoever asks what is in it."""
    components = [
        {
            "type": "library",
            "name": one.name,
            "version": one.version,
            "purl": one.purl,
            "scope": "required" if one.is_shipped else "excluded",
            **({"licenses": [{"license": {"name": one.licence}}]} if one.licence else {}),
        }
        for one in found
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    SBOM.parent.mkdir(parents=True, exist_ok=True)
    SBOM.write_text(json.dumps(document, indent=1) + "\n")
    shipped = sum(one.is_shipped for one in found)
    where = SBOM.relative_to(ROOT)
    return Part(
        "Bill of materials", [f"{len(found)} components, {shipped} shipped: CycloneDX 1.6 in `{where}`"]
    )


def licences(found: list[Component]) -> Part:
    """Nothing that we ship is under the GPL or AGPL."""
    part = Part("Licences")
    for one in found:
        is_copyleft = bool(COPYLEFT.search(one.licence)) and not WEAK.search(one.licence)
        if one.is_shipped and is_copyleft and not re.search(r"\bOR\b", one.licence):
            part.findings.append(f"{one.name} {one.version}: {one.licence}")
        elif one.is_shipped and WEAK.search(one.licence):
            part.lines.append(f"{one.name} {one.version}: {one.licence}")
    unknown = sorted(one.name for one in found if one.is_shipped and not one.licence)
    part.lines.append(f"{len(unknown)} say nothing in their metadata here: {', '.join(unknown) or 'none'}")
    return part


def vulnerabilities(found: list[Component]) -> Part:
    """What OSV's database knows of these versions."""
    part = Part("Known vulnerabilities")
    known: list[tuple[Component, str]] = []
    try:
        with httpx.Client(timeout=30) as web:
            for start in range(0, len(found), OSV_MAX):
                some = found[start : start + OSV_MAX]
                asked = {"queries": [{"package": {"purl": one.purl}} for one in some]}
                answers = web.post(OSV, json=asked).raise_for_status().json()["results"]
                known += [
                    (one, v["id"])
                    for one, told in zip(some, answers, strict=True)
                    for v in told.get("vulns", ())
                ]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        part.lines.append(f"NOT CHECKED: OSV's database could not be reached ({type(error).__name__}).")
        return part
    for one, identifier in known:
        said = f"{one.name} {one.version}: {identifier}"
        (part.findings if one.is_shipped else part.lines).append(said)
    part.lines.append(f"{len(found)} components asked for at osv.dev")
    return part


def static_analysis() -> Part:
    """Ruff's security rules over all that is shipped, without the exceptions for tests."""
    rules = ("--select", "S", "--ignore", "S101")
    done = run(sys.executable, "-m", "ruff", "check", *rules, "--output-format", "concise", "src")
    findings = [line for line in done.stdout.splitlines() if ": S" in line]
    excused = run("git", "grep", "-nE", "noqa: [A-Z0-9, ]*S[0-9]{3}", "--", "src").stdout.splitlines()
    part = Part("Static analysis", [f"{len(excused)} excused in place, each with its reason"], findings)
    part.lines.append(
        "asserts (S101) state what our own code promises; nothing that comes in is checked by one"
    )
    part.lines += [f"`{line.strip()[:160]}`" for line in excused]
    return part


def licence_of(metadata: Any) -> str:
    """The licence that a package names, in whichever way."""
    named = metadata.get("License-Expression") or ""
    classified = [
        one.rpartition("::")[2].strip() for one in metadata.get_all("Classifier", []) if "License ::" in one
    ]
    text = (metadata.get("License") or "").strip().splitlines()
    return named or ", ".join(classified) or (text[0][:80] if text else "")


def normal(name: str) -> str:
    """As PyPI spells it."""
    return NORMAL.sub("-", name).lower()


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    """Our own programs, in the project's folder."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
