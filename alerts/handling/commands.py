"""`lantian alerts acknowledge`, `dispatch`, … and `lantian alerts order …`; what they do is imported when they run."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.severity import Severity
from core.errors import InputError

handling_app = typer.Typer()
order_app = typer.Typer(no_args_is_help=True, help="Decide about stop-work orders that alerts propose.")
silence_app = typer.Typer(no_args_is_help=True, help="Have alerts disturb nobody for a while.")
handling_app.add_typer(order_app, name="order")
handling_app.add_typer(silence_app, name="silence")


def utf8(param: typer.CallbackParam, value: str | None) -> str | None:
    """What was typed, if it is text; raises `InputError` for bytes that are none: the log could not keep them."""
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        field = param.opts[0] if param.opts[0].startswith("-") else str(param.metavar or param.name).upper()
        raise InputError(
            "not-utf-8",
            "不是 UTF-8 文字 / is no UTF-8 text",
            field=field,
            value=value,
            hint="set the terminal to UTF-8",
        ) from error
    return value


AlertId = Annotated[int, typer.Argument(metavar="ID", help="The alert's number.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
User = Annotated[str | None, typer.Option(callback=utf8, help="Who does it; by default who is logged in.")]
Said = Annotated[str, typer.Option("--text", callback=utf8, help="What there is to say of it.")]
Reason = Annotated[str, typer.Option(callback=utf8, help="Why: it is kept for ever.")]
Reference = Annotated[
    str, typer.Option(callback=utf8, help="Where more is to be found: a file, a letter's number, an address.")
]


@handling_app.command()
def acknowledge(alert_id: AlertId, text: Said = "", user: User = None, as_json: AsJson = False) -> None:
    """Say that you have seen an alert and care for it; it holds until data reopens the alert."""
    _act("acknowledge", alert_id, user, as_json=as_json, text=text)


@handling_app.command()
def dispatch(
    alert_id: AlertId,
    unit: Annotated[str, typer.Option(callback=utf8, help="Who has to act.")] = "",
    deadline: Annotated[
        str | None, typer.Option(help="Until when: ISO 8601, or PT2H from now; by default the rule's.")
    ] = None,
    text: Said = "",
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Hand an alert to the unit that has to act."""
    _act("dispatch", alert_id, user, as_json=as_json, text=text, unit=unit, deadline=deadline)


@handling_app.command()
def feedback(
    alert_id: AlertId,
    text: Annotated[str, typer.Argument(callback=utf8, help="What was done about it.")],
    reference: Reference = "",
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Say what the unit did about it."""
    _act("feedback", alert_id, user, as_json=as_json, text=text, reference=reference)


@handling_app.command()
def verify(alert_id: AlertId, text: Said = "", user: User = None, as_json: AsJson = False) -> None:
    """Close an alert, as put right or as a false alarm; a second person has to."""
    _act("verify", alert_id, user, as_json=as_json, text=text)


@handling_app.command(name="false-alarm")
def false_alarm(
    alert_id: AlertId, reason: Reason, reference: Reference = "", user: User = None, as_json: AsJson = False
) -> None:
    """Say that an alert is none, and why; a second person closes it with `verify`."""
    _act("false-alarm", alert_id, user, as_json=as_json, text=reason, reference=reference)


@handling_app.command(name="return")
def return_(alert_id: AlertId, reason: Reason, user: User = None, as_json: AsJson = False) -> None:
    """Take the latest step back: a feedback that does not do, a wrong unit, a false alarm that is none."""
    _act("return", alert_id, user, as_json=as_json, text=reason)


@handling_app.command()
def comment(
    alert_id: AlertId,
    text: Annotated[str, typer.Argument(callback=utf8, help="What there is to say.")],
    reference: Reference = "",
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Add a word to an alert, whatever its stage."""
    _act("comment", alert_id, user, as_json=as_json, text=text, reference=reference)


@handling_app.command()
def episodes(
    city: Annotated[str | None, typer.Option(callback=utf8, help="Only this city's.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Those that were not over so many days ago.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Alerts of one city and rule that overlap in time, told as one; and whether they are silent."""
    from alerts.handling import cli

    cli.episodes(city, days, as_json=as_json)


@handling_app.command(name="verify-log")
def verify_log(
    city: Annotated[str | None, typer.Option(callback=utf8, help="Only this city's.")] = None, as_json: AsJson = False
) -> None:
    """Recompute the hashes of the alerts' log; exit status 1 names the first place where it does not hold.

    Alerts whose handling or order is not what the log amounts to are named, too.

    Note the heads that it prints down elsewhere: who owns the database could write a whole chain anew.
    """
    from alerts.handling import cli

    if not cli.verify_log(city, as_json=as_json):
        raise typer.Exit(1)


@order_app.command()
def confirm(alert_id: AlertId, reason: Reason, user: User = None, as_json: AsJson = False) -> None:
    """Say that the proposed order is right."""
    _order("confirm", alert_id, reason, user, as_json=as_json)


@order_app.command()
def issue(alert_id: AlertId, reason: Reason = "", user: User = None, as_json: AsJson = False) -> None:
    """Say that the order has gone to the site."""
    _order("issue", alert_id, reason, user, as_json=as_json)


@order_app.command()
def receive(alert_id: AlertId, reason: Reason = "", user: User = None, as_json: AsJson = False) -> None:
    """Say that the site has received it; --user is who did."""
    _order("receive", alert_id, reason, user, as_json=as_json)


@order_app.command()
def lift(alert_id: AlertId, reason: Reason, user: User = None, as_json: AsJson = False) -> None:
    """Let work go on."""
    _order("lift", alert_id, reason, user, as_json=as_json)


@order_app.command()
def decline(alert_id: AlertId, reason: Reason, user: User = None, as_json: AsJson = False) -> None:
    """Decide that work need not stop, before the order is issued."""
    _order("decline", alert_id, reason, user, as_json=as_json)


@silence_app.command(name="add")
def add_silence(
    reason: Reason,
    until: Annotated[str, typer.Option(help="Until when: ISO 8601, or PT2H from the beginning.")],
    begins: Annotated[str | None, typer.Option("--from", help="From when, ISO 8601; by default now.")] = None,
    rule: Annotated[str | None, typer.Option(callback=utf8, help="Alerts of this rule.")] = None,
    city: Annotated[str | None, typer.Option(callback=utf8, help="Alerts of this city.")] = None,
    station: Annotated[str | None, typer.Option(callback=utf8, help="Alerts of this station.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Alerts of this severity.")] = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Have alerts that meet all that is given disturb nobody; they are judged and kept as ever."""
    from alerts.handling import silence_cli

    silence_cli.add(reason, until, begins, rule, city, station, severity, user, as_json=as_json)


@silence_app.command(name="list")
def list_silences(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Silences that are in force or to come."""
    from alerts.handling import silence_cli

    silence_cli.listing(everything=everything, as_json=as_json)


@silence_app.command(name="end")
def end_silence(
    silence_id: Annotated[int, typer.Argument(metavar="ID")],
    reason: Reason,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """End a silence before its time."""
    from alerts.handling import silence_cli

    silence_cli.end(silence_id, reason, user, as_json=as_json)


def _act(
    action: str,
    alert_id: int,
    user: str | None,
    *,
    as_json: bool,
    text: str = "",
    unit: str = "",
    deadline: str | None = None,
    reference: str = "",
) -> None:
    from alerts.handling import cli
    from alerts.handling.machine import Action, Request

    request = Request(Action(action), text, unit, reference=reference)
    cli.act(alert_id, request, deadline, user, as_json=as_json)


def _order(action: str, alert_id: int, reason: str, user: str | None, *, as_json: bool) -> None:
    from alerts.handling import cli
    from alerts.handling.order import OrderAction

    cli.act_on_order(alert_id, OrderAction(action), reason, user, as_json=as_json)
