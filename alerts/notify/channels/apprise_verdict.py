"""What Apprise's lines about one try say of why it failed. Pure.

Apprise says delivered or not; the reason stands in its log alone, in each plugin's own words. Read here are those that
most plugins share: `error=<HTTP status>`, the text of requests' exceptions, SMTP's replies.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterable, Sequence

from alerts.notify.channels.answers import Answer, outcome_of
from alerts.notify.channels.fitting import one_line
from alerts.notify.channels.masking import masked
from alerts.notify.message import Failure, Outcome

_HTTP_STATUS = re.compile(r"\berror=([1-5]\d\d)\b|notification failed: ([1-5]\d\d) - ")
_SMTP_REPLY = re.compile(r"\(([45]\d\d), b['\"]|was refused: ([45]\d\d) ")
_IN_TIME = re.compile(r"\btimed? ?out\b", re.IGNORECASE)
_IN_CONVERSATION = "Sending email to "
"""How the mail plugin begins a line about a recipient; before one the server was not even reached."""
_AWAY = re.compile(
    r"refused|Errno|Name or service not known|name resolution|NameResolution|certificate|SSL|Remote end closed|aborted"
    r"|reset by peer|unexpectedly closed|connection error|max retries",
    re.IGNORECASE,
)
_POOL = re.compile(r"HTTPS?ConnectionPool\(host='[^']*', port=\d+\): (?:Max retries exceeded with url: \S+ )?")
"""What requests puts before the reason."""
_ANSWER = "Response Details:"
_CAUSE = ("Socket Exception:", "Notification Exception:")
_SERIOUS = {"WARNING", "ERROR", "CRITICAL"}


def verdict(lines: Sequence[tuple[str, str]], secrets: Iterable[str]) -> Outcome:
    """The outcome of a try that failed; `lines` are level and text of what Apprise logged about it, first to last."""
    told = [text for level, text in lines if level in _SERIOUS or text.startswith((*_CAUSE, _ANSWER))]
    detail = one_line(masked("; ".join(map(_readable, told)), secrets))
    whole = "\n".join(told)
    if reply := _SMTP_REPLY.search(whole):
        code = int(reply[1] or reply[2])
        return Outcome(Failure.BUSY if code < 500 else Failure.REFUSED, detail)
    if status := _HTTP_STATUS.search(whole):
        answered = outcome_of(Answer(int(status[1] or status[2]), "", b""), now=0.0)
        return Outcome(answered.failure, detail)
    return Outcome(_silence(whole), detail)


def _silence(whole: str) -> Failure:
    """Why nothing was answered: what timed out after the connection stood may have arrived."""
    if _IN_TIME.search(whole):
        talking = _IN_CONVERSATION in whole or "Read timed out" in whole
        return Failure.UNKNOWN if talking else Failure.UNREACHABLE
    return Failure.UNREACHABLE if _AWAY.search(whole) else Failure.UNKNOWN


def _readable(line: str) -> str:
    """An answer is logged as the repr of its bytes, in which Chinese cannot be read."""
    if not line.startswith(_ANSWER):
        return _POOL.sub("", line)
    try:
        answer = literal_eval(line.removeprefix(_ANSWER).strip())
    except (ValueError, SyntaxError):
        return line
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else line
