"""The sources that are read: each with its form and its address, all at a stand-in where one is set."""

from pydantic import SecretStr

from capitalino.services.market.adapters import ecb, frankfurter, frankfurter_v2, oxr
from capitalino.services.market.adapters.port import Form
from capitalino.services.market.domain.rates import Source
from capitalino.services.market.settings.rates import RateSettings

# Frankfurter passes the ECB's file on: what one of them has wrong, all of them have.
ECB = Source("ecb", group="ecb", is_daily=True)
FRANKFURTER = Source("frankfurter", group="ecb", is_daily=True)
FRANKFURTER_V2 = Source("frankfurter_v2", group="ecb", is_daily=True)
OXR = Source("oxr", group="oxr", is_daily=False)
SANDBOX_APP_ID = SecretStr("sandbox-app-id")
"""The stand-in's. A real one is never sent to a stand-in."""


def forms(settings: RateSettings) -> tuple[Form, ...]:
    """Those of the sources that can be asked. Open Exchange Rates answers only who has an app id."""
    stand_in = settings.rates_url
    ecb_url, frankfurter_url, oxr_url = (
        (f"{stand_in}/ecb/eurofxref-daily.xml", f"{stand_in}/frankfurter", f"{stand_in}/oxr/api/latest.json")
        if stand_in
        else (settings.rates_ecb_url, settings.rates_frankfurter_url, settings.rates_oxr_url)
    )
    daily_s = settings.rates_daily_every_s
    v1 = {"base": frankfurter.BASE}
    v2 = {"base": frankfurter_v2.BASE, "providers": frankfurter_v2.PROVIDER}
    known = [
        Form(ECB, ecb_url, daily_s, ecb.read),
        Form(FRANKFURTER, f"{frankfurter_url}/v1/latest", daily_s, frankfurter.read, v1),
        Form(FRANKFURTER_V2, f"{frankfurter_url}/v2/rates", daily_s, frankfurter_v2.read, v2),
    ]
    app_id = SANDBOX_APP_ID if stand_in else settings.rates_oxr_app_id
    if app_id is not None:
        token = {"Authorization": SecretStr(f"Token {app_id.get_secret_value()}")}
        known.append(Form(OXR, oxr_url, settings.rates_live_every_s, oxr.read, headers=token))
    return tuple(form for form in known if form.source.name in settings.rates_sources)
