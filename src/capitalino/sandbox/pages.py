"""The two pages for people: send a deposit, and read the caught mail. Plain HTML; every link is relative."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files

from aiohttp import web

from capitalino.sandbox.mail import Mail
from capitalino.sandbox.pairs import NETWORKS, VENUES

LINK = re.compile(r"https?://[^\s<>\"']+")
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'"
)

STYLE = files("capitalino.sandbox").joinpath("data/style.css").read_text()


def start_page(note: str = "", asked: Mapping[str, str] | None = None) -> str:
    """Send a deposit, and the way to the mail. `asked` fills the form in: the app links here with it."""
    asked = asked or {}
    amount, address, tag = (
        escape(asked.get(name, usual)) for name, usual in (("amount", "0.1"), ("address", ""), ("tag", ""))
    )
    assets = "".join(
        f'<option value="{asset}"{" selected" if asset == asked.get("asset") else ""}>{asset}</option>'
        for asset in dict.fromkeys(network.asset for network in NETWORKS)
    )
    venues = "".join(
        f'<option value="{venue}"{" selected" if venue == asked.get("venue") else ""}>{venue}</option>'
        for venue in VENUES
    )
    return _page(
        "Sandbox",
        f"""
<h1>Sandbox</h1>
<p class="soft">A stand-in of the outside world on this machine. Nothing here is real money.</p>
<nav><a href="mail">Caught mail</a></nav>
{f'<p class="note" role="status">{escape(note)}</p>' if note else ""}
<form class="card" method="post" action="exchange/deposits">
  <h2>Send a crypto deposit</h2>
  <label>To<select name="venue">{venues}</select></label>
  <label>Asset<select name="asset">{assets}</select></label>
  <label>Amount
    <input name="amount" inputmode="decimal" required pattern="[0-9]+([.][0-9]+)?"
      value="{amount or "0.1"}"></label>
  <label>Address
    <input name="address" autocomplete="off" placeholder="As the app shows it" value="{address}"></label>
  <label>Tag<input name="tag" autocomplete="off" placeholder="As the app shows it" value="{tag}"></label>
  <button>Send</button>
</form>""",
    )


def mail_page(mails: Iterable[Mail]) -> str:
    """All caught mail, newest first and open."""
    letters = [_letter(mail, is_open=i == 0) for i, mail in enumerate(mails)]
    clear = '<form method="post" action="mail/clear"><button>Delete all</button></form>' if letters else ""
    return _page(
        "Caught mail",
        f"""
<h1>Caught mail</h1>
<p class="soft">Every mail that the platform sends ends here.</p>
<nav><a href="mail">Look again</a><a href="./">Sandbox</a></nav>
{"".join(letters) or "<p>No mail yet.</p>"}
{clear}""",
    )


def _letter(mail: Mail, *, is_open: bool) -> str:
    html = (
        f'<iframe sandbox title="The mail as HTML" srcdoc="{escape(mail.html)}"></iframe>'
        if mail.html
        else ""
    )
    return f"""
<details{" open" if is_open else ""}>
  <summary><strong>{escape(mail.subject) or "(no subject)"}</strong><br>
    <span class="soft">to {escape(mail.to)},
      <time datetime="{escape(mail.at)}">{escape(mail.at[:19])}</time></span>
  </summary>
  <div class="body"><pre dir="auto">{_linked(mail.text)}</pre>{html}</div>
</details>"""


def _linked(text: str) -> str:
    """Escaped text in which web addresses can be followed."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        parts += [escape(text[end : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - Capitalino sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="style.css"></head>
<body><main>{body}</main></body></html>
"""


def answer(page: str) -> web.Response:
    """A page that runs nothing and loads nothing."""
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(text=page, content_type="text/html", headers=headers)
