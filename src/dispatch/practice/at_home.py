"""Pages and the API answer only requests of this computer, and none that another site's page makes."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]
#: hosts that mean this computer
_HERE = frozenset({"127.0.0.1", "localhost", "[::1]"})


def at_home(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint, closed to other names of this computer (DNS rebinding) and to pages of other sites."""

    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if host.rpartition(":")[0] not in _HERE and host not in _HERE:
            return JSONResponse({"error": "Ask for 127.0.0.1 or localhost."}, 403)
        if origin is not None and origin.partition("://")[2] != host:
            return JSONResponse({"error": "Pages of other sites may not ask."}, 403)
        return await endpoint(request)

    return guarded
