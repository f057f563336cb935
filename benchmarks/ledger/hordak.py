"""django-hordak's transfers a second, made as its documentation makes them: `… .hordak URL SECONDS`."""

import sys
import time
from urllib.parse import urlsplit

import django
from django.conf import settings


def configure(url: str) -> None:
    """Django on this database."""
    parts = urlsplit(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={"default": database},
        DEFAULT_CURRENCY="USD",
        CURRENCIES=["USD", "EUR"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()


def transfers(seconds: float) -> float:
    """One connection, one transfer after the other."""
    from django.core.management import call_command  # noqa: PLC0415 - Django first
    from hordak.models import Account, AccountType  # noqa: PLC0415 - Django first
    from moneyed import Money  # noqa: PLC0415 - Django first

    call_command("migrate", verbosity=0)
    one, other = (
        Account.objects.create(name=code, type=AccountType.asset, code=code, currencies=["USD"])
        for code in ("1", "2")
    )
    one, other = Account.objects.get(pk=one.pk), Account.objects.get(pk=other.pk)
    done, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        other.transfer_to(one, Money("1", "USD"))
        done += 1
    return done / (time.perf_counter() - begun)


if __name__ == "__main__":
    configure(sys.argv[1])
    sys.stdout.write(f"{transfers(float(sys.argv[2]))}\n")
