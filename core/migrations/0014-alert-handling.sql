-- depends: 0013-alerts-of-levels
-- What persons do about alerts, stop-work orders, and one log of everything, chained by hashes for each city.

grant usage on schema lantian to lantian_operator;

-- What persons have done about an alert and what of it still counts (alerts/handling/machine.py); no row: nothing yet.
-- The log says the same, entry by entry.
create table lantian.alert_handling (
    alert_id bigint primary key references lantian.alert,
    stage text not null check (stage in
        ('open', 'acknowledged', 'dispatched', 'fed-back', 'doubted', 'closed', 'false-alarm')),
    acknowledged_by text,
    acknowledged_at timestamptz,
    acknowledgement text,
    unit text,
    dispatched_by text,
    dispatched_at timestamptz,
    dispatch_text text,
    deadline timestamptz,
    fed_back_by text,
    fed_back_at timestamptz,
    feedback text,
    doubted_by text,
    doubted_at timestamptz,
    doubt text,
    closed_by text,
    closed_at timestamptz,
    verdict text,
    reopened_at timestamptz
);

-- One order an alert; last_by, last_at, why: who brought it to its stage (null: the engine).
create table lantian.stop_work_order (
    alert_id bigint primary key references lantian.alert,
    kind text not null check (kind = 'stop-work'),
    stage text not null check (stage in
        ('proposed', 'confirmed', 'issued', 'received', 'lifted', 'declined', 'withdrawn')),
    flagged boolean not null default false,
    proposed_at timestamptz not null,
    last_by text,
    last_at timestamptz,
    why text
);

-- Of each city the number of entries in its log, and the hash of the last: who takes a tail away cannot hide it.
-- The city '' is that of what belongs to no single one.
create table lantian.alert_chain (
    city text primary key,
    length bigint not null default 0,
    head bytea not null default decode(repeat('00', 32), 'hex')
);

-- The fields of an entry as bytes that can mean nothing else: each as its length, a colon, itself and a comma; NULL as
-- a hyphen and a comma.
create function lantian.netstrings(variadic fields text[]) returns bytea
language sql immutable
as $$
select convert_to(string_agg(case when field is null then '-,'
    else octet_length(field) || ':' || field || ',' end, '' order by place), 'UTF8')
from unnest(fields) with ordinality as given (field, place)
$$;

create function lantian.micros(moment timestamptz) returns text
language sql immutable
as $$ select trunc(extract(epoch from moment) * 1000000)::bigint::text $$;

-- From here on the log holds more than what data did: subject says what an entry is about, happening what was done.
-- who: the person, null for the engine. detail: what was said, as JSON. place: where it stands in its city's chain.
alter table lantian.alert_log
    add column city text,
    add column place bigint,
    add column subject text not null default 'data' check (subject in
        ('data', 'handling', 'order', 'escalation', 'silence')),
    add column who text,
    add column detail text,
    add column hash bytea,
    alter column alert_id drop not null,
    alter column version drop not null,
    alter column state drop not null,
    alter column object drop not null,
    alter column time_window drop not null,
    alter column start drop not null,
    alter column statement_version drop not null,
    drop constraint alert_log_alert_id_version_key;
alter table lantian.alert_log alter column subject drop default;

-- The hash of an entry: SHA-256 over the hash before it and its fields (alerts/handling/chain.py).
create function lantian.alert_log_hash(previous bytea, entry lantian.alert_log) returns bytea
language sql immutable
as $$
select sha256(previous || lantian.netstrings(
    entry.city, entry.place::text, entry.alert_id::text, entry.version::text, lantian.micros(entry.at), entry.subject,
    entry.happening, entry.state, entry.object, entry.time_window, lantian.micros(entry.start),
    entry.statement_version::text, encode(float8send(entry.value), 'hex'), entry.merged_into::text, entry.who,
    entry.detail))
$$;

-- What stands already begins the chains, in the order in which it was written.
update lantian.alert_log l set city = a.city from lantian.alert a where a.alert_id = l.alert_id;
update lantian.alert_log l set place = numbered.place
from (select log_id, row_number() over (partition by city order by log_id) as place from lantian.alert_log) numbered
where numbered.log_id = l.log_id;
insert into lantian.alert_chain (city) select distinct city from lantian.alert_log;
do $$
declare
    entry lantian.alert_log;
    previous bytea;
begin
    for entry in select * from lantian.alert_log order by city, place loop
        if entry.place = 1 then
            previous := decode(repeat('00', 32), 'hex');
        end if;
        previous := lantian.alert_log_hash(previous, entry);
        update lantian.alert_log set hash = previous where log_id = entry.log_id;
        update lantian.alert_chain set length = entry.place, head = previous where city = entry.city;
    end loop;
end $$;
alter table lantian.alert_log
    alter column city set not null,
    alter column place set not null,
    alter column hash set not null,
    add unique (city, place);
create unique index on lantian.alert_log (alert_id, version) where subject = 'data';
create index on lantian.alert_log (alert_id, place);

-- The only way into the log. Chains are locked in the order of their cities and until the caller's transaction ends, so
-- that neither engines nor operators fork one.
create function lantian.append_alert_log(entries json) returns void
language plpgsql security definer set search_path = lantian, pg_temp
as $$
declare
    entry lantian.alert_log;
    current_city text;
    chain lantian.alert_chain;
begin
    insert into alert_chain (city)
    select distinct given.city from json_to_recordset(entries) as given (city text) order by 1
    on conflict do nothing;
    perform from alert_chain
    where city in (select given.city from json_to_recordset(entries) as given (city text)) order by city for update;
    for entry in
        select filled.* from json_array_elements(entries) with ordinality as given (entry, position),
            json_populate_record(null::alert_log, given.entry) as filled
        order by filled.city, given.position
    loop
        if session_user = 'lantian_operator' and entry.subject in ('data', 'escalation') then
            raise exception 'what data did and what is overdue is for the engine to say' using errcode = '42501';
        end if;
        if current_city is distinct from entry.city then
            update alert_chain set length = chain.length, head = chain.head where city = current_city;
            current_city := entry.city;
            select * into chain from alert_chain where city = current_city;
        end if;
        entry.place := chain.length + 1;
        entry.hash := alert_log_hash(chain.head, entry);
        insert into alert_log (alert_id, version, at, happening, state, object, time_window, start, statement_version,
            value, merged_into, city, place, subject, who, detail, hash)
        values (entry.alert_id, entry.version, entry.at, entry.happening, entry.state, entry.object, entry.time_window,
            entry.start, entry.statement_version, entry.value, entry.merged_into, entry.city, entry.place,
            entry.subject, entry.who, entry.detail, entry.hash);
        chain.length := entry.place;
        chain.head := entry.hash;
    end loop;
    update alert_chain set length = chain.length, head = chain.head where city = current_city;
end $$;

create function lantian.refuse_change() returns trigger
language plpgsql
as $$ begin
    raise exception 'rows of % are only ever added', tg_table_name
        using errcode = 'insufficient_privilege', hint = 'add an entry that says what was wrong';
end $$;
create trigger only_added before update or delete or truncate on lantian.alert_log
for each statement execute function lantian.refuse_change();

revoke execute on function lantian.append_alert_log(json) from public;
grant execute on function lantian.append_alert_log(json) to lantian_engine, lantian_operator;
revoke insert on lantian.alert_log from lantian_engine;
grant select on lantian.alert_chain to lantian_reader;

grant select on lantian.alert_handling, lantian.stop_work_order to lantian_engine;
grant insert, update on lantian.alert_handling, lantian.stop_work_order to lantian_engine;
grant select on lantian.alert, lantian.alert_log, lantian.alert_chain to lantian_operator;
-- To lock an alert while one decides about it, and to close it.
grant update (closed_at) on lantian.alert to lantian_operator;
grant select, insert, update on lantian.alert_handling to lantian_operator;
grant select, update on lantian.stop_work_order to lantian_operator;

create or replace view lantian.v_alert_log as
select log_id, alert_id, version, at, happening, state, object, time_window, start, statement_version, value, merged_into
from lantian.alert_log where subject = 'data';

create view lantian.v_alert_handling as
select h.alert_id, h.stage, h.acknowledged_by, h.acknowledged_at, h.acknowledgement, h.unit, h.dispatched_by, h.dispatched_at,
    h.dispatch_text, h.deadline, h.fed_back_by, h.fed_back_at, h.feedback, h.doubted_by, h.doubted_at, h.doubt,
    h.closed_by, h.closed_at, h.verdict, h.reopened_at
from lantian.alert_handling h;
comment on view lantian.v_alert_handling is
'What persons have done about alerts and what of it still counts; an alert without a row waits to be acknowledged. Times are data time, UTC.';

create view lantian.v_stop_work_orders as
select alert_id, kind, stage, flagged, proposed_at, last_by, last_at, why from lantian.stop_work_order;
comment on view lantian.v_stop_work_orders is
'Stop-work orders; flagged: in force although the data has withdrawn its ground. last_by is null where the engine did it.';

create view lantian.v_alert_record as
select city, place, alert_id, version, at, subject, happening, state, object, time_window, start, statement_version,
    value, merged_into, who, detail, encode(hash, 'hex') as hash
from lantian.alert_log;
comment on view lantian.v_alert_record is
'Everything that was done to alerts, by data and by persons, in the order of its city''s chain; `lantian alerts verify-log` recomputes it.';
grant select on lantian.v_alert_handling, lantian.v_stop_work_orders, lantian.v_alert_record to lantian_reader;
