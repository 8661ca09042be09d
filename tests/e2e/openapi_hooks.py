"""Runs within schemathesis, which openapi_fuzz.py starts: counts the answers, and asks what the library's own checks do not."""

import atexit
import collections
import json
import os

import schemathesis

# How a request is refused that its schema should have refused first: whoever reads the document cannot make it.
SAID_BY_SCHEMAS = {
    "BASE64_INVALID", "BATCH_SIZE", "BODY_MALFORMED", "BODY_MISSING", "BODY_NOT_ALLOWED", "CODE_UNKNOWN", "CONTENT_TYPE_UNKNOWN",
    "DATE_INVALID", "DECIMAL_INVALID", "DISTRICT_CODE_FORMAT", "DUPLICATE_FIELD", "DUPLICATE_PARAMETER",
    "DURATION_INVALID", "ENCODING_UNKNOWN", "ENUM_UNKNOWN", "FIELD_REQUIRED", "FIELD_TOO_LONG", "FORMAT_UNKNOWN", "ID_MISSING",
    "IMPORT_EMPTY", "JSON_SYNTAX", "METHOD_NOT_ALLOWED", "METHOD_UNKNOWN", "PAGE_SIZE_NEGATIVE", "PURPOSE_INVALID", "PURPOSE_UNKNOWN",
    "QUERY_INVALID", "REQUEST_ID_FORMAT", "REQUEST_MALFORMED", "ROUTE_UNKNOWN", "SCHOOL_CODE_FORMAT", "SOCIAL_CREDIT_CODE_FORMAT",
    "TOWN_CODE_FORMAT", "UNKNOWN_FIELD", "UNKNOWN_PARAMETER", "VALUE_NOT_A_BOOLEAN", "VALUE_NOT_A_NUMBER",
    "VALUE_NULL", "VALUE_WRONG_TYPE"}

# But for rules that no declaration has: of a list's items, and between fields.
RULES_OF_CODE = {("DISTRICT_CODE_FORMAT", "provider_districts"), ("DISTRICT_CODE_FORMAT", "districts"),
                 ("FIELD_REQUIRED", "identity_kind"), ("FIELD_REQUIRED", "month")}

_answers = collections.Counter()
_reasons = collections.Counter()


def _has_null(value):
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return any(map(_has_null, value)) if isinstance(value, list) else value is None


def _is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def _error(response):
    try:
        details = response.json()["details"]
        return next(one for one in details if "reason" in one)
    except (ValueError, KeyError, TypeError, StopIteration):
        return {}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """As the document's head says, null in a body is a field that is not set: that it is taken is no failure."""
    return not (type(failure).__name__ == "AcceptedNegativeData" and _has_null(case.body))


@schemathesis.hook
def after_call(context, case, response):
    _answers[str(response.status_code)] += 1
    if response.status_code >= 400 and _is_positive(case):
        _reasons[_error(response).get("reason", "")] += 1


@schemathesis.check
def errors_have_a_reason(ctx, response, case):
    """Every refusal is a google.rpc.Status with one ErrorInfo."""
    if response.status_code >= 400 and response.request.method != "HEAD":
        assert _error(response).get("reason"), f"no reason in the answer {response.status_code}"


@schemathesis.check
def documented_rules(ctx, response, case):
    """What the document allows is refused for what it cannot say only: rows that are not there, states, rules between fields."""
    if response.status_code in (400, 415) and _is_positive(case):
        error = _error(response)
        reason, field = error.get("reason"), error.get("metadata", {}).get("field", "").rsplit(".", 1)[-1]
        assert reason not in SAID_BY_SCHEMAS or (reason, field) in RULES_OF_CODE, f"the document allows what is refused with {reason}: {response.text[:600]}"


@atexit.register
def _write():
    with open(os.environ["OPENAPI_FUZZ_COUNTS"], "w", encoding="utf-8") as file:
        json.dump({"answers": _answers, "reasons": _reasons}, file)
