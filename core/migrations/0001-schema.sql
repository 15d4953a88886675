-- The pipeline's tables. Dashboards never read these: they read the views (v_…).
-- The roles lantian_<role> exist before any migration: whoever makes the database makes them, with passwords.

create schema if not exists lantian;
grant usage on schema lantian to lantian_bridge, lantian_worker, lantian_engine, lantian_registry, lantian_reader;
alter default privileges in schema lantian grant select on tables to lantian_reader;

-- Offsets live beside what they brought, and move by compare-and-set (state-model: one writer).
create table lantian.consumer_offset (
    consumer text not null,
    cluster text not null,
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    epoch bigint not null,
    moved_at timestamptz not null default now(),
    primary key (consumer, cluster, topic, partition)
);

create table lantian.outbox (
    id bigint generated always as identity primary key,
    consumer text not null,
    partition integer not null,
    topic text not null,
    key text not null,
    value bytea not null,
    headers text not null default '',
    written_at timestamptz not null default now()
);
create index on lantian.outbox (consumer, partition, id);

-- A numbered list of factor codes: what the arrays of a row mean.
create table lantian.layout (
    layout_id integer generated always as identity primary key,
    factors text[] not null unique
);

-- One row a report (design: principle 2). flags: one letter a value, null = all N.
-- mask: one letter a value: C current, S superseded, P superseded by a person alone; null = all current.
create table lantian.report (
    station_id integer not null,
    time timestamptz not null,
    period integer not null,
    source smallint not null,
    run bigint not null,
    seq bigint not null,
    issued timestamptz not null default '-infinity',
    layout integer not null,
    "values" double precision[] not null,
    flags text,
    mask text,
    origin smallint not null,
    received timestamptz not null,
    correlation text,
    primary key (station_id, time, period, source, run, seq, issued)
);
select public.create_hypertable('lantian.report', public.by_range('time', interval '7 days'), create_default_indexes => false);

-- What the worker could not take, whole reports and single factors, with the bytes they came in.
create table lantian.rejected (
    rejected_id bigint generated always as identity primary key,
    partition integer not null,
    log_offset bigint not null,
    entry integer not null,
    received timestamptz not null,
    station text not null,
    source smallint not null,
    run bigint,
    seq bigint,
    time timestamptz,
    period integer,
    whole boolean not null,
    reason text not null,
    factors text[] not null,
    reasons text[] not null,
    "values" double precision[] not null,
    flags text not null,
    detail text not null,
    body bytea not null,
    digest bytea not null,
    correlation text
);
create index on lantian.rejected (station, source, run, seq);
create index on lantian.rejected (station, digest);
create index on lantian.rejected (reason, received);

-- What came in, counted before judging: one row a transaction, arrays by station, source and day.
create table lantian.intake (
    intake_id bigint generated always as identity primary key,
    partition integer not null,
    from_offset bigint not null,
    to_offset bigint not null,
    taken_at timestamptz not null,
    stations text[] not null,
    sources smallint[] not null,
    days date[] not null,
    reports integer[] not null,
    readings integer[] not null,
    repeats integer[] not null
);

-- The last number that a device says it gave out (`…/status`).
create table lantian.told (
    station text not null,
    source smallint not null,
    run bigint not null,
    seq bigint not null,
    told_at timestamptz not null,
    primary key (station, source, run)
);

-- Days that are closed: known numbers are repeats, new ones are rejected (state-model: retention).
create table lantian.closed_day (
    station_id integer not null,
    day date not null,
    closed_at timestamptz not null,
    primary key (station_id, day)
);
create table lantian.closed_numbers (
    station_id integer not null,
    day date not null,
    source smallint not null,
    run bigint not null,
    numbers int8multirange not null,
    readings bigint not null,
    primary key (station_id, day, source, run)
);

-- One row a window of an object, all its factors (state-model: statistic). maker: the consumer that writes it;
-- partition: the one of the topic that maker reads. due: when the clock alone will change the row, null = final.
create table lantian.statistic (
    object text not null,
    time_window text not null,
    start timestamptz not null,
    tier text not null default 'raw',
    sanddust boolean not null default true,
    maker text not null,
    partition smallint not null,
    layout integer not null,
    states text not null,
    "values" double precision[] not null,
    n_valid integer[] not null,
    n_expected integer[] not null,
    reasons smallint[] not null,
    live boolean[] not null,
    edition text not null,
    version bigint not null,
    revision integer not null,
    due timestamptz,
    changed_at timestamptz not null,
    primary key (object, time_window, start, tier, sanddust)
);
select public.create_hypertable('lantian.statistic', public.by_range('start', interval '90 days'), create_default_indexes => false);
create index on lantian.statistic (maker, partition, due) where due is not null;

-- What a final statistic said before a later change.
create table lantian.statistic_revision (
    object text not null,
    time_window text not null,
    start timestamptz not null,
    tier text not null,
    sanddust boolean not null,
    layout integer not null,
    states text not null,
    "values" double precision[] not null,
    n_valid integer[] not null,
    n_expected integer[] not null,
    reasons smallint[] not null,
    edition text not null,
    version bigint not null,
    revision integer not null,
    changed_at timestamptz not null,
    primary key (object, time_window, start, tier, sanddust, revision)
);

grant select, insert, update on lantian.consumer_offset to lantian_worker, lantian_engine;
grant select, insert, delete on lantian.outbox to lantian_worker, lantian_engine;
grant select, insert on lantian.layout to lantian_worker;
grant select, insert, update on lantian.report to lantian_worker;
grant select, insert on lantian.rejected, lantian.intake to lantian_worker;
grant select, insert, update on lantian.told to lantian_worker;
grant select on lantian.closed_day, lantian.closed_numbers to lantian_worker;
grant select, insert, update on lantian.statistic to lantian_worker;
grant select, insert on lantian.statistic_revision to lantian_worker;
grant select on lantian.layout, lantian.statistic, lantian.statistic_revision to lantian_engine;
