-- depends: 0012-intake-of-locked-cluster
-- Alerts are a function of the statistics as they stand (decision 0012): the engine keeps no copy of what it judged.
drop table lantian.judged;

-- level: which of its rule's levels it stands at, or stood at before it ended; peak_severity: the gravest it came to.
-- ended_start: start of the window that ended it.
alter table lantian.alert
    add column level smallint not null default 1,
    add column peak_severity text,
    add column ended_start timestamptz;
update lantian.alert set peak_severity = severity,
    ended_start = cleared_at - case time_window when '8h' then interval '8 hours' when 'day' then interval '1 day'
        else interval '1 hour' end;
alter table lantian.alert
    alter column level drop default,
    alter column peak_severity set not null;
-- Finds the alerts that a statement may touch.
create index on lantian.alert (object, coalesce(ended_start, 'infinity')) where state <> 'withdrawn';
-- What pages is live, but not all that is live pages: what a new rule finds in the past disturbs nobody.
alter table lantian.alert drop constraint alert_check;
alter table lantian.alert add check (origin = 'live' or not pages);
alter table lantian.alert add check (peak_severity in ('info', 'warning', 'severe', 'critical'));

-- value: the rule's measure; own: the factor's value; other: what that stands against. reach, keep: how many levels'
-- thresholds, and clear values, it meets; level: the alert's after it. lead: before it opened, but counted.
alter table lantian.alert_value
    add column own double precision,
    add column other double precision,
    add column reach smallint not null default 1,
    add column keep smallint not null default 1,
    add column level smallint not null default 1,
    add column lead boolean not null default false;
update lantian.alert_value set own = value;
alter table lantian.alert_value
    alter column reach drop default,
    alter column keep drop default,
    alter column level drop default,
    alter column lead drop default;

create or replace view lantian.v_alerts as
select
    alert_id,
    rule_id,
    station as station_id,
    city,
    severity,
    state,
    opened_at,
    cleared_at,
    closed_at,
    value,
    threshold,
    unit,
    origin,
    legal_basis,
    number,
    object,
    kind,
    factor,
    time_window,
    first_start,
    last_start,
    peak,
    peak_start,
    edition,
    pages,
    camera,
    name_zh,
    name_en,
    title_zh,
    title_en,
    detail_zh,
    detail_en,
    todo_zh,
    todo_en,
    updated_at,
    merged_into,
    level,
    peak_severity
from lantian.alert;

create or replace view lantian.v_alert_values as
select alert_id, start, "end", value, n_valid, n_expected, version, edition, live, own, other, level, lead
from lantian.alert_value;
comment on view lantian.v_alerts is
'Alerts as they stand. Times are data time, UTC; value is that of the latest window, peak the worst; station_id is null for a city.';
comment on view lantian.v_alert_values is
'The windows that an alert stands on; lead: those before it opened that its opening counted.';
