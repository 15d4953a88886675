-- depends: 0002-stations
-- Alerts, what caused them, what happened to them, and what the engine has judged.

-- The windows that rules have judged, each at its highest version: the engine's whole memory. Alerts are a function of
-- these rows (alerts/engine.py), so no engine keeps anything that is not here.
create table lantian.judged (
    rule_id text not null,
    object text not null,
    start timestamptz not null,
    "end" timestamptz not null,
    version bigint not null,
    verdict text not null check (verdict in ('exceeds', 'holds', 'clears', 'invalid')),
    value double precision,
    n_valid integer not null,
    n_expected integer not null,
    edition text not null,
    live boolean not null,
    primary key (rule_id, object, start)
);
-- Finds the nearest clearing windows around a statement.
create index judged_clears on lantian.judged (rule_id, object, start) where verdict = 'clears';

-- Times are data time. opened_at: end of the first window that exceeds; cleared_at: end of the window that ended it;
-- closed_at: when nobody has to do anything about it any more (issued by the engine for what it withdraws).
create table lantian.alert (
    alert_id bigint generated always as identity primary key,
    rule_id text not null,
    object text not null,
    number integer not null,
    version integer not null,
    station text,
    city text not null,
    kind text not null,
    severity text not null check (severity in ('info', 'warning', 'severe', 'critical')),
    state text not null check (state in ('open', 'cleared', 'withdrawn')),
    opened_at timestamptz not null,
    updated_at timestamptz not null,
    cleared_at timestamptz,
    closed_at timestamptz,
    merged_into bigint references lantian.alert,
    time_window text not null,
    first_start timestamptz not null,
    last_start timestamptz not null,
    factor text not null,
    value double precision not null,
    peak double precision not null,
    peak_start timestamptz not null,
    threshold double precision not null,
    unit text not null,
    edition text not null,
    origin text not null check (origin in ('live', 'history')),
    pages boolean not null,
    camera text not null default '',
    name_zh text not null,
    name_en text not null,
    title_zh text not null,
    title_en text not null,
    detail_zh text not null,
    detail_en text not null,
    todo_zh text not null,
    todo_en text not null,
    legal_basis text not null,
    unique (rule_id, object, number),
    check (pages = (origin = 'live'))
);
create unique index on lantian.alert (rule_id, object, first_start) where state <> 'withdrawn';
create index on lantian.alert (state, opened_at);
create index on lantian.alert (city, opened_at);

-- The values that caused an alert, as they stood when they last changed it.
create table lantian.alert_value (
    alert_id bigint not null references lantian.alert,
    start timestamptz not null,
    "end" timestamptz not null,
    value double precision not null,
    n_valid integer not null,
    n_expected integer not null,
    version bigint not null,
    edition text not null,
    live boolean not null,
    primary key (alert_id, start)
);

-- What happened to each alert and which statement did it: rows are added, never changed.
create table lantian.alert_log (
    log_id bigint generated always as identity primary key,
    alert_id bigint not null references lantian.alert,
    version integer not null,
    at timestamptz not null,
    happening text not null,
    state text not null,
    object text not null,
    time_window text not null,
    start timestamptz not null,
    statement_version bigint not null,
    value double precision,
    merged_into bigint references lantian.alert,
    unique (alert_id, version)
);

-- Records of lantian.statistics.v1 that are none of ours: kept, counted, never in the way of those behind them.
create table lantian.statistics_unreadable (
    unreadable_id bigint generated always as identity primary key,
    partition integer not null,
    log_offset bigint not null,
    at timestamptz not null,
    reason text not null,
    value bytea not null
);

create view lantian.v_alerts as
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
    merged_into
from lantian.alert;
comment on view lantian.v_alerts is
'Alerts as they stand. Times are data time, UTC; value is that of the latest window, peak the largest; station_id is null for a city.';

create view lantian.v_alert_values as
select alert_id, start, "end", value, n_valid, n_expected, version, edition, live
from lantian.alert_value;
comment on view lantian.v_alert_values is 'The windows that an alert stands on.';

create view lantian.v_alert_log as
select log_id, alert_id, version, at, happening, state, object, time_window, start, statement_version, value, merged_into
from lantian.alert_log;
comment on view lantian.v_alert_log is 'What happened to alerts, and which version of which window did it; at is data time.';

grant select, insert, update on lantian.judged, lantian.alert to lantian_engine;
grant select, insert, update, delete on lantian.alert_value to lantian_engine;
grant select, insert on lantian.alert_log, lantian.statistics_unreadable to lantian_engine;
grant select on lantian.v_alerts, lantian.v_alert_values, lantian.v_alert_log to lantian_reader;
