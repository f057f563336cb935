"""What routes answer with, and the one place where errors become responses."""

import traceback
from typing import Annotated

import structlog
from fastapi import FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import AfterValidator
from starlette.exceptions import HTTPException

from capitalino.kit.envelope import Failure, Listed, ListMeta, Meta, Problem, Success, listed, ok, request_id
from capitalino.kit.errors import AppError, Kind

__all__ = [
    "Failure",
    "IdempotencyKey",
    "ListMeta",
    "Listed",
    "Meta",
    "Problem",
    "Success",
    "crashed",
    "failed",
    "install",
    "listed",
    "ok",
    "request_id",
]
log = structlog.get_logger()
STATUS = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.REJECTED: 422,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
CODES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "The request's content type is not taken here."),
}
RETRY_AFTER_S = 1


def _bare(key: str) -> str:
    bare = key.strip().strip('"')
    if not bare:
        raise ValueError("an idempotency key is not empty")
    return bare


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the client before the first try, repeated with each: the effect happens once.",
    ),
    AfterValidator(_bare),
]


def failed(
    status: int,
    problem: Problem,
    headers: dict[str, str] | None = None,
    *,
    accept: str = "",
    stack: list[str] | None = None,
) -> JSONResponse:
    """A failure, in the envelope or, when asked for, as `application/problem+json` (RFC 9457)."""
    shown = {"stack": stack} if stack else {}
    if "application/problem+json" in accept:
        told = problem.model_dump(mode="json")
        body = {"type": "about:blank", "title": told["message"], "status": status, "code": told["code"]}
        body |= {"details": told["details"], "instance": f"urn:request:{request_id()}"} | shown
        return JSONResponse(body, status, headers, media_type="application/problem+json")
    failure = Failure(success=False, error=problem, meta=Meta(request_id=request_id()))
    told = failure.model_dump(mode="json")
    told["error"] |= shown
    return JSONResponse(told, status, headers)


def crashed(error: Exception, *, show_stack: bool, accept: str = "") -> JSONResponse:
    """What nobody foresaw. What it was is in the log; in development also in the answer."""
    problem = Problem(code="INTERNAL_ERROR", message="An unexpected error occurred", details={})
    return failed(
        500, problem, accept=accept, stack=traceback.format_exception(error) if show_stack else None
    )


def install(app: FastAPI) -> None:
    """Give `app` enveloped errors."""

    @app.exception_handler(AppError)
    async def refused(request: Request, error: AppError) -> JSONResponse:
        log.info("request.refused", refusal=error.code)
        headers: dict[str, str] = {}
        if error.kind in (Kind.UNAVAILABLE, Kind.RATE_LIMITED):
            headers["Retry-After"] = str(error.details.get("retry_after_s", RETRY_AFTER_S))
        if error.kind is Kind.UNAUTHENTICATED:
            headers["WWW-Authenticate"] = "Bearer"
        problem = Problem(code=error.code, message=error.message, details=error.details)
        return failed(STATUS[error.kind], problem, headers, accept=request.headers.get("accept", ""))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [{"field": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()]
        problem = Problem(
            code="invalid_request", message="The request is not well formed.", details={"fields": fields}
        )
        return failed(400, problem, accept=request.headers.get("accept", ""))

    @app.exception_handler(Exception)
    async def broke(request: Request, error: Exception) -> JSONResponse:
        show_stack = getattr(request.state, "show_stack", False)
        return crashed(error, show_stack=show_stack, accept=request.headers.get("accept", ""))

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> JSONResponse:
        code, message = CODES.get(error.status_code, ("invalid_request", str(error.detail)))
        problem = Problem(code=code, message=message, details={})
        headers = dict(error.headers or {})
        if "Allow" in headers:  # each route knows only its own method
            headers["Allow"] = ", ".join(sorted(_methods_of(request)))
        return failed(error.status_code, problem, headers, accept=request.headers.get("accept", ""))


def _methods_of(request: Request) -> set[str]:
    """What the address takes, over all its routes."""
    routes = iter_route_contexts(request.app.routes)
    fitting = (route for route in routes if route.path_regex.match(request.url.path))
    return {method for route in fitting for method in route.methods or ()}
