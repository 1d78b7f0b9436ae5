"""Answers in Snowflake's form."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


def done() -> Response:
    """Of a statement that has no result."""
    row = [{"name": "status", "type": "text", "nullable": True, "length": 99, "byteLength": 99}]
    for column in row:
        column |= {
            "precision": None,
            "scale": None,
            "database": "",
            "schema": "",
            "table": "",
            "collation": None,
        }
    data = {"rowtype": row, "rowset": [["done"]], "total": 1, "queryId": "done", "parameters": []}
    return JSONResponse(
        {"success": True, "data": data | {"queryResultFormat": "json", "statementTypeId": 4096}}
    )


def refused(code: str, message: str) -> JSONResponse:
    """An error that the connector raises."""
    data = {"errorCode": code, "sqlState": "P0000"}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False})
