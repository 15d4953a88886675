-- depends: 0021-station-tags
-- Heavy-pollution warnings: what the engine proposes and persons issue, enterprises' plans, dispatch lists, receipts.

-- How a city's warning stands (alerts/warnings/course.py, as JSON): what is in force and what is proposed. fault: why the
-- engine could not judge the city when it last looked; null where it could.
create table lantian.warning_state (
    city text primary key,
    version bigint not null default 1,
    state jsonb not null,
    changed_at timestamptz not null,
    fault text
);

-- What became of warnings, only ever added to. who: null for the engine. action, level, first_day, days, condition,
-- reason, forecast: of what was proposed or issued; level_before: what was in force until then. why: of a withdrawal;
-- said: a person's reason.
create table lantian.warning_event (
    event_id bigint generated always as identity primary key,
    city text not null,
    at timestamptz not null,
    happening text not null check (happening in ('proposed', 'withdrawn', 'issued', 'declined')),
    action text not null check (action in ('start', 'upgrade', 'downgrade', 'end')),
    level text check (level in ('blue', 'yellow', 'orange', 'red')),
    level_before text check (level_before in ('blue', 'yellow', 'orange', 'red')),
    first_day date,
    reason text,
    condition text not null default '',
    days date[] not null default '{}',
    forecast timestamptz,
    scheme text,
    why text check (why in ('NOT_SUPPORTED', 'REPLACED')),
    who text,
    said text,
    check ((who is null) = (happening in ('proposed', 'withdrawn'))),
    check ((said is null) = (happening in ('proposed', 'withdrawn'))),
    check ((why is not null) = (happening = 'withdrawn')),
    check ((level is null) = (action = 'end'))
);
create index on lantian.warning_event (city, event_id);

-- A city's plan (一企一策), a row an import: a former edition is kept for the lists that were made of it. errors: rows of
-- the file that could not be used, as they were told.
create table lantian.warning_plan (
    plan_id bigint generated always as identity primary key,
    city text not null,
    edition integer not null,
    file text not null,
    imported_by text not null,
    imported_at timestamptz not null,
    errors text[] not null,
    unique (city, edition)
);

-- place: the order of the file. Shares in per cent of all that the city emits.
create table lantian.plan_measure (
    plan_id bigint not null references lantian.warning_plan,
    place integer not null,
    enterprise text not null,
    line text not null,
    process text not null,
    equipment text not null,
    level text not null check (level in ('blue', 'yellow', 'orange', 'red')),
    measure text not null,
    so2 numeric not null,
    nox numeric not null,
    pm numeric not null,
    primary key (plan_id, place)
);

-- A dispatch list as it was made when a warning changed; cut: which cuts it was held against (null: none in force).
create table lantian.warning_dispatch (
    dispatch_id bigint generated always as identity primary key,
    event_id bigint not null unique references lantian.warning_event,
    city text not null,
    at timestamptz not null,
    plan_id bigint not null references lantian.warning_plan,
    cut text,
    idle text[] not null,
    weaker text[] not null
);
create index on lantian.warning_dispatch (city, dispatch_id);

create table lantian.warning_dispatch_order (
    dispatch_id bigint not null references lantian.warning_dispatch,
    place integer not null,
    enterprise text not null,
    line text not null,
    process text not null,
    equipment text not null,
    level text not null,
    measure text not null,
    so2 numeric not null,
    nox numeric not null,
    pm numeric not null,
    change text not null check (change in ('new', 'changed', 'same', 'lifted')),
    primary key (dispatch_id, place)
);

create table lantian.warning_dispatch_sum (
    dispatch_id bigint not null references lantian.warning_dispatch,
    pollutant text not null check (pollutant in ('so2', 'nox', 'pm')),
    planned numeric not null,
    required numeric,
    verdict text not null check (verdict in ('reached', 'short', 'no_cut')),
    primary key (dispatch_id, pollutant)
);

-- That an enterprise has the list.
create table lantian.warning_receipt (
    dispatch_id bigint not null references lantian.warning_dispatch,
    enterprise text not null,
    received_at timestamptz not null,
    received_by text not null,
    note text not null,
    imported_by text not null,
    imported_at timestamptz not null,
    primary key (dispatch_id, enterprise, received_at, received_by)
);

do $$
declare
    kept text;
begin
    foreach kept in array array['warning_event', 'warning_plan', 'plan_measure', 'warning_dispatch',
        'warning_dispatch_order', 'warning_dispatch_sum', 'warning_receipt'] loop
        execute format('create trigger only_added before update or delete or truncate on lantian.%I'
            ' for each statement execute function lantian.refuse_change()', kept);
    end loop;
end $$;

-- The engine proposes and withdraws, a person issues and declines: neither speaks for the other.
create function lantian.refuse_others_word() returns trigger
language plpgsql
as $$ begin
    if (session_user = 'lantian_operator' and new.happening in ('proposed', 'withdrawn'))
        or (session_user = 'lantian_engine' and new.happening not in ('proposed', 'withdrawn')) then
        raise exception '% does not say that a warning is %', session_user, new.happening
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger own_word before insert on lantian.warning_event
for each row execute function lantian.refuse_others_word();

alter table lantian.alert_log drop constraint alert_log_subject_check,
    add constraint alert_log_subject_check check (subject in
        ('data', 'handling', 'order', 'escalation', 'silence', 'warning'));
create trigger own_word before insert on lantian.alert_log
for each row when (new.subject = 'warning') execute function lantian.refuse_others_word();

grant select, insert, update on lantian.warning_state to lantian_engine, lantian_operator;
grant select, insert on lantian.warning_event to lantian_engine, lantian_operator;
grant select, insert on lantian.warning_plan, lantian.plan_measure, lantian.warning_dispatch,
    lantian.warning_dispatch_order, lantian.warning_dispatch_sum, lantian.warning_receipt to lantian_operator;
-- Days of sand-dust are apart, for the engine; which cities there are, and in which region, for persons.
grant select on lantian.sanddust_period to lantian_engine;
grant select on lantian.v_stations to lantian_operator;

-- A level counts from when it was issued, or the beginning of the warning's first day if that is later.
create view lantian.v_warning_levels as
with issued as (
    select *, max(event_id) filter (where action = 'start') over before as warning_id,
        max(first_day) filter (where action = 'start') over (partition by city, episode) as begin_day
    from (
        select *, count(*) filter (where action = 'start') over (partition by city order by event_id) as episode
        from lantian.warning_event where happening = 'issued'
    ) numbered
    window before as (partition by city order by event_id)
), spans as (
    select warning_id, city, level, who, said, greatest(at, begin_day::timestamp at time zone interval '8 hours') as begins,
        lead(at) over (partition by city order by event_id) as ends
    from issued
)
select warning_id, city, level, begins, ends, who, said from spans
where level is not null and (ends is null or begins < ends);
comment on view lantian.v_warning_levels is
'From when until before when a city''s warning had which level (ends null: until further notice); begins may lie in the future. Times are data time, UTC.';

create view lantian.v_warnings as
with issued as (
    select *, count(*) filter (where action = 'start') over (partition by city order by event_id) as episode
    from lantian.warning_event where happening = 'issued'
)
select min(event_id) as warning_id, city, (array_agg(first_day order by event_id))[1] as first_day, min(at) as issued_at,
    (array_agg(level order by event_id desc) filter (where level is not null))[1] as level,
    (array_agg(level order by array_position(array['blue', 'yellow', 'orange', 'red'], level) desc)
        filter (where level is not null))[1] as highest,
    max(at) filter (where action = 'end') as ended_at,
    bool_and(action <> 'end') as stands
from issued group by city, episode;
comment on view lantian.v_warnings is
'Warnings that persons issued; stands: not ended (before first_day it is issued and not yet in force). level: the latest, highest: the highest it had. Times are data time, UTC.';

create view lantian.v_warning_events as
select event_id, city, at, happening, action, level, level_before, first_day, reason, condition, days, forecast, scheme,
    why, who, said
from lantian.warning_event;
comment on view lantian.v_warning_events is
'What the engine proposed and withdrew (who is null) and persons issued and declined; forecast: the issue it stands on. Times are data time, UTC.';

create view lantian.v_warning_plans as
select plan_id, city, edition, file, imported_by, imported_at, errors,
    not exists (select from lantian.warning_plan later where later.city = p.city and later.edition > p.edition) as latest
from lantian.warning_plan p;
comment on view lantian.v_warning_plans is
'Editions of cities'' plans; lists made of a former edition keep it. errors: rows of the file that could not be used.';

create view lantian.v_dispatch as
select d.dispatch_id, d.city, d.at, e.level_before, e.level as level_now, p.edition, o.place, o.enterprise, o.line,
    o.process, o.equipment, o.level, o.measure, o.so2, o.nox, o.pm, o.change
from lantian.warning_dispatch d
join lantian.warning_event e using (event_id)
join lantian.warning_plan p using (plan_id)
join lantian.warning_dispatch_order o using (dispatch_id);
comment on view lantian.v_dispatch is
'Dispatch lists as they were made, a row an order; of a lifted one what is lifted. Shares in per cent of what the city emits.';

create view lantian.v_dispatch_sums as
select d.dispatch_id, d.city, d.at, d.cut, s.pollutant, s.planned, s.required, s.verdict
from lantian.warning_dispatch d join lantian.warning_dispatch_sum s using (dispatch_id);
comment on view lantian.v_dispatch_sums is
'What the orders of a dispatch list add up to beside the city''s cut, per cent of what the city emits.';

create view lantian.v_receipts as
select r.dispatch_id, d.city, d.at as issued_at, r.enterprise, r.received_at, r.received_by, r.note, r.imported_by,
    r.imported_at
from lantian.warning_receipt r join lantian.warning_dispatch d using (dispatch_id);
comment on view lantian.v_receipts is
'That enterprises have a dispatch list; issued_at: when it was made. Times are data time, UTC.';

grant select on lantian.v_warning_levels to lantian_engine, lantian_notifier;
grant select on lantian.v_warning_levels, lantian.v_warnings, lantian.v_warning_events, lantian.v_warning_plans,
    lantian.v_dispatch, lantian.v_dispatch_sums, lantian.v_receipts to lantian_reader;
