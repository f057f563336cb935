"""How each exchange says that it was asked too often; the status is 429 with all of them."""

OLDER, NEWER = "/v2/", "/api/v3/"
SAID = {
    "binance": '{"code":-1003,"msg":"Too many requests."}',
    "kraken": '{"error":["EAPI:Rate limit exceeded"]}',
    "okx": '{"code":"50011","data":[],"msg":"Too Many Requests"}',
    "coinbase": '{"error":"RESOURCE_EXHAUSTED","error_details":"","message":"Too many requests"}',
}
COINBASE_OLDER = '{"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]}'
ANYBODY = '{"error":true,"status":429,"message":"too_many_requests"}'


def too_many(venue: str, path: str) -> str:
    """The body of the answer."""
    if venue == "coinbase" and OLDER in path and NEWER not in path:
        return COINBASE_OLDER
    return SAID.get(venue, ANYBODY)
