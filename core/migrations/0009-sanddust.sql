-- depends: 0007-rejected-replay
-- Sand-dust periods, as those who decide them said; one that was wrong is withdrawn, never changed.

create table lantian.sanddust_period (
    period_id bigint generated always as identity primary key,
    city text not null,
    start timestamptz not null,
    "end" timestamptz not null check ("end" > start),
    basis text not null,
    imported_by text not null,
    imported_at timestamptz not null default now(),
    withdrawn_by text,
    withdrawn_at timestamptz,
    -- When the statistics that it touches had been made again; null: not since it came or went.
    applied_at timestamptz
);
create unique index on lantian.sanddust_period (city, start, "end") where withdrawn_at is null;

grant select, insert on lantian.sanddust_period to lantian_registry;
grant update (withdrawn_by, withdrawn_at, applied_at) on lantian.sanddust_period to lantian_registry;
grant select on lantian.sanddust_period to lantian_worker;
