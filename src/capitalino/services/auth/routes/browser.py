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
        self._is_always_secure = is_production or public_url.startswith("https:")
        self._origins = frozenset(_origin_of(url) for url in (public_url, *also_origins))

    def caller(self, request: Request) -> Caller:
        """From where it comes. The address is what our own edge says, which lets nobody else say it."""
        client = request.client.host if request.client else ""
        device = request.cookies.get(self._name(request, DEVICE))
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
        secret = request.cookies.get(self._name(request, REFRESH))
        if not secret or len(secret) > SECRET_MAX:
            raise SessionOver("There is no session.")
        return secret

    def keep(self, request: Request, response: Response, reached: Reached) -> None:
        """Put the secrets into cookies. The browser forgets the refresh cookie when it closes."""
        if reached.refresh_secret:
            self._set(request, response, REFRESH, reached.refresh_secret)
        if reached.device_secret:
            self._set(request, response, DEVICE, reached.device_secret, YEAR_S)

    def forget(self, request: Request, response: Response) -> None:
        """The session is over; the device stays known."""
        self._set(request, response, REFRESH, "", 0)

    def _set(
        self, request: Request, response: Response, name: str, secret: str, lasts_s: int | None = None
    ) -> None:
        response.set_cookie(
            self._name(request, name),
            secret,
            lasts_s,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="strict",
        )

    def _name(self, request: Request, name: str) -> str:
        return f"__Host-{name}" if self._is_secure(request) else name

    def _is_secure(self, request: Request) -> bool:
        """Whether the browser speaks TLS with our edge, which lets nobody else say so."""
        return self._is_always_secure or request.headers.get("x-forwarded-proto") == "https"


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
