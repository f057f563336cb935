"""What is particular to browsers: cookies, and the proof that a request comes from our own pages."""

from urllib.parse import urlsplit

from fastapi import Request, Response

from capitalino.services.auth.domain.callers import Caller
from capitalino.services.auth.errors import OriginRefused, SessionOver
from capitalino.services.auth.service.outcomes import Reached

REFRESH = "capitalino_refresh"
DEVICE = "capitalino_device"
WITH = "capitalino"
YEAR_S = 365 * 86_400
SECRET_MAX = 100


class Browser:
    """Over https, cookies have the `__Host-` prefix: no other host and no plain page can set or read them."""

    def __init__(self, public_url: str, also_origins: tuple[str, ...], *, is_production: bool) -> None:
        self._is_secure = is_production or public_url.startswith("https:")
        prefix = "__Host-" if self._is_secure else ""
        self.refresh_cookie, self.device_cookie = prefix + REFRESH, prefix + DEVICE
        self._origins = frozenset(_origin_of(url) for url in (public_url, *also_origins))

    def caller(self, request: Request) -> Caller:
        """From where it comes. The address is what our own edge says, which lets nobody else say it."""
        client = request.client.host if request.client else ""
        device = request.cookies.get(self.device_cookie)
        return Caller(
            address=request.headers.get("x-real-ip", client),
            agent=request.headers.get("user-agent", ""),
            device=device if device and len(device) <= SECRET_MAX else None,
        )

    def must_be_ours(self, request: Request) -> None:
        """OriginRefused when the browser says that another site's page sends this."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise OriginRefused("This was sent from another site's page.")

    def refresh_secret(self, request: Request) -> str:
        """The refresh cookie, of a request that only our own script can have made."""
        self.must_be_ours(request)
        if request.headers.get("x-requested-with", "").lower() != WITH:
            raise OriginRefused(f"The header X-Requested-With: {WITH} is missing.")
        secret = request.cookies.get(self.refresh_cookie)
        if not secret or len(secret) > SECRET_MAX:
            raise SessionOver("There is no session.")
        return secret

    def keep(self, response: Response, reached: Reached) -> None:
        """Put the secrets into cookies. The browser forgets the refresh cookie when it closes."""
        if reached.refresh_secret:
            self._set(response, self.refresh_cookie, reached.refresh_secret, None)
        if reached.device_secret:
            self._set(response, self.device_cookie, reached.device_secret, YEAR_S)

    def forget(self, response: Response) -> None:
        """The session is over; the device stays known."""
        response.delete_cookie(
            self.refresh_cookie, path="/", secure=self._is_secure, httponly=True, samesite="strict"
        )

    def _set(self, response: Response, name: str, secret: str, lasts_s: int | None) -> None:
        response.set_cookie(
            name, secret, lasts_s, path="/", secure=self._is_secure, httponly=True, samesite="strict"
        )


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
