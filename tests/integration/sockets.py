# SPDX-License-Identifier: GPL-3.0-or-later
"""What python3-websockets calls otherwise from its version 14 on, which Debian 13 has: headers, refusals, extensions."""

import websockets
import websockets.exceptions
import websockets.version

HEADERS = "extra_headers" if int(websockets.version.version.split(".")[0]) < 14 else "additional_headers"


def connect(uri, headers=None, **options):
    """websockets.connect, with such headers."""
    return websockets.connect(uri, **{HEADERS: headers or {}}, **options)


async def refusal(connection):
    """The status with which it is refused; None if it opens."""
    try:
        async with connection:
            return None
    except websockets.exceptions.InvalidHandshake as error:  # InvalidStatusCode, or InvalidStatus
        return error.response.status_code if hasattr(error, "response") else error.status_code


def extensions(ws):
    return getattr(ws, "protocol", ws).extensions
