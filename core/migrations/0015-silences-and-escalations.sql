-- depends: 0014-alert-handling
-- Silences that persons order, and what was told of steps that are overdue.

-- An alert is silent while all matchers that are given meet it (null: any). ends: a silence without an end would be a
-- rule switched off. Ended early: ended_by, ended_at, why. The log has both.
create table lantian.alert_silence (
    silence_id bigint generated always as identity primary key,
    author text not null check (author <> ''),
    reason text not null check (reason <> ''),
    made_at timestamptz not null,
    begins timestamptz not null,
    ends timestamptz not null check (begins < ends),
    rule_id text,
    city text,
    station text,
    severity text check (severity in ('info', 'warning', 'severe', 'critical')),
    ended_by text,
    ended_at timestamptz,
    end_reason text,
    check (rule_id is not null or city is not null or station is not null or severity is not null)
);

-- Each escalation once, whatever restarts: of one step of one alert, since a time (that of the step before), a rung.
create table lantian.alert_escalation (
    alert_id bigint not null references lantian.alert,
    step text not null check (step in ('acknowledge', 'dispatch', 'feedback', 'verify', 'recheck')),
    since timestamptz not null,
    rung smallint not null check (rung > 0),
    due_at timestamptz not null,
    at timestamptz not null,
    told text,
    contact text,
    primary key (alert_id, step, since, rung)
);

-- Finds what somebody still has to do something about.
create index on lantian.alert (rule_id) where origin = 'live' and (closed_at is null or state = 'open');

grant select on lantian.alert_silence to lantian_engine;
grant select, insert on lantian.alert_escalation to lantian_engine;
grant select, insert on lantian.alert_silence to lantian_operator;
grant update (ended_by, ended_at, end_reason) on lantian.alert_silence to lantian_operator;

create view lantian.v_alert_silences as
select silence_id, author, reason, made_at, begins, ends, rule_id, city, station, severity, ended_by, ended_at, end_reason
from lantian.alert_silence;
comment on view lantian.v_alert_silences is
'Silences: from begins until ends, or ended_at if that is earlier; a null matcher meets anything. Times are data time, UTC.';

create view lantian.v_alert_escalations as
select alert_id, step, since, rung, due_at, at, told, contact from lantian.alert_escalation;
comment on view lantian.v_alert_escalations is
'Steps that were overdue and whom that was meant for; told is null where the grid names nobody. Times are data time, UTC.';
grant select on lantian.v_alert_silences, lantian.v_alert_escalations to lantian_reader;
