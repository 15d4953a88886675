-- depends: 0007-rejected-replay
-- What persons say of readings: who, when and why, and each value and flag that was said. Kept for ever, also when the
-- readings are gone with their closed day. Written whole before anything is sent: without sent_at, it may or may not
-- have reached Kafka, and sending it again is harmless. Nothing is ever taken out or changed but sent_at.

-- Of one station, all its statements are reports of the source `person` with this run. Times are data time; readings
-- from `begins` until before `ends`. flag, value: as far as they are the same for all statements.
create table lantian.reading_review (
    review_id bigint generated always as identity primary key,
    asked_at timestamptz not null,
    asked_by text not null check (asked_by <> ''),
    why text not null check (why <> ''),
    action text not null check (action in ('flag', 'correct', 'restore')),
    station text not null,
    factors text[] not null,
    begins timestamptz not null,
    ends timestamptz not null check (begins < ends),
    flag text,
    value double precision,
    run bigint not null,
    reports integer not null check (reports > 0),
    readings integer not null check (readings >= reports),
    sent_at timestamptz,
    unique (station, run)
);

-- A report each. former: what was current of these factors when it was said; NaN where there was no value, and flags
-- are a letter a value. Written before their review, which counts them, in the same transaction.
create table lantian.reading_statement (
    station text not null,
    run bigint not null,
    seq bigint not null,
    time timestamptz not null,
    period integer not null,
    factors text[] not null,
    former_values double precision[] not null,
    former_flags text not null,
    "values" double precision[] not null,
    flags text not null,
    primary key (station, run, seq),
    foreign key (station, run) references lantian.reading_review (station, run) deferrable initially deferred
);

grant select, insert, update (sent_at) on lantian.reading_review to lantian_repair;
grant select, insert on lantian.reading_statement to lantian_repair;
-- To see what is current, and to judge as the worker will.
grant select on lantian.report, lantian.layout, lantian.station, lantian.station_version, lantian.registry_version
    to lantian_repair;
