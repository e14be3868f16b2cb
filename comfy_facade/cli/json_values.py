"""Values of the command line: JSON, or else text, and nothing that JSON has no words for.

Pure. It knows nothing of what the values are for.
"""

from __future__ import annotations

import json
from typing import Any

from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.errors import InvalidWorkflowError
from comfy_facade.workflow.json_text import check_depth


def json_or_text(text: str, place: str) -> Any:
    """Read a value.

    Args:
        text: What the command line says.
        place: Where it says so, for error messages.

    Returns:
        The JSON value, or the text if it is none.

    Raises:
        UsageProblemError: It is JSON that goes too deep.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageProblemError(f"{place}: the value is nested too deeply", "give a value that is not") from None
    except ValueError:
        return text


def check_value(value: Any, place: str) -> None:
    """Refuse a value that no server could be sent.

    Args:
        value: The value.
        place: Where the command line gives it, for error messages.

    Raises:
        UsageProblemError: It holds numbers or text that JSON cannot carry, or goes too deep.
    """
    try:
        check_depth(value, "the value")
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except InvalidWorkflowError as error:
        raise UsageProblemError(f"{place}: {error}", "give a value that is not") from None
    except UnicodeEncodeError:
        raise UsageProblemError(f"{place}: the value is not text in UTF-8", "look at its encoding") from None
    except ValueError:
        raise UsageProblemError(f"{place}: the value is no JSON", "JSON has no infinite numbers") from None
