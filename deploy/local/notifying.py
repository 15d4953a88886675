"""Whether people are told: messages that wait, that were given up, and entries of the alerts' log nobody has read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

from alerts.settings import AlertsSettings
from core.clock import clock_of
from core.postgres import connect
from core.settings import CoreSettings
from deploy.local.finding import Finding

PATIENCE = timedelta(minutes=5)
"""What has been due for longer, of data time, is stuck."""
REST = timedelta(hours=1)
"""What is put off for longer waits until quiet hours are over: no receiver is waited for longer."""
LATELY = timedelta(days=1)

_STUCK = """
select target, count(*), min(since) from (
    select target, due_at as since from v_notifications where state = 'waiting'
    union all select target, written_at from v_deliveries where fate = 'to-send' and again_at < %s
) as open where since < %s group by target order by target
"""
_GIVEN_UP = """
select target, count(*) from v_notifications where state = 'given-up' and made_at > %s group by target order by target
"""
_UNREAD = """
select count(*) from alert_chain c left join notify_cursor n using (city) where c.length > coalesce(n.place, 0)
"""


def notifications(settings: CoreSettings) -> Iterator[Finding]:
    """How notifications stand, by the data clock."""
    now = clock_of(settings).datetime()
    if AlertsSettings.load().notify_file is None:
        detail = "LANTIAN_ALERTS_NOTIFY_FILE is not set: alerts are shown, and nobody is told"
        yield Finding("notifications", ok=True, detail=detail)
        return
    yield from waiting(settings, now)


def waiting(settings: CoreSettings, now: datetime) -> Iterator[Finding]:
    """What is stuck, or was given up of late, by target."""
    with closing(connect(settings, "reader", application="lantian doctor")) as database, database.cursor() as cursor:
        cursor.execute(_STUCK, (now + REST, now - PATIENCE))
        stuck = cursor.fetchall()
        cursor.execute(_GIVEN_UP, (now - LATELY,))
        given_up = cursor.fetchall()
        cursor.execute(_UNREAD)
        (unread,) = cursor.fetchone() or (0,)
    for target, count, since in stuck:
        detail = f"{count} wait for {target}, the oldest since {since:%Y-%m-%d %H:%M} UTC"
        remedy = f"`lantian alerts deliveries --target {target} --failed` says why; `lantian alerts notify-test`"
        yield Finding("notifications", ok=False, detail=detail, remedy=remedy)
    for target, count in given_up:
        detail = f"{count} of the last day could not be told to {target}"
        remedy = f"`lantian alerts deliveries --target {target} --failed`; see that the last resort was told"
        yield Finding("notifications", ok=False, detail=detail, remedy=remedy)
    if not stuck and not given_up:
        read = f"; entries of {unread} cities are still to be read" if unread else ""
        yield Finding("notifications", ok=True, detail=f"nothing is stuck{read}")
