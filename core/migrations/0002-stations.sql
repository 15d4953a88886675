-- depends: 0001-schema
-- The registry of stations and the MQTT accounts.

create table lantian.station (
    station_id integer generated always as identity primary key,
    station text not null unique
);

-- A version holds from valid_from until the next version of its station begins, so versions cannot overlap. One that is
-- corrected keeps its row, with the time it was replaced; active = false ends a station.
create table lantian.station_version (
    version_id bigint generated always as identity primary key,
    station_id integer not null references lantian.station,
    valid_from timestamptz not null,
    active boolean not null,
    mn text,
    name_zh text not null,
    name_en text,
    kind text not null,
    region text not null,
    city text not null,
    county text,
    longitude double precision,
    latitude double precision,
    operator text,
    enterprise text,
    control_level text,
    control_point boolean not null,
    camera text,
    reporting_period integer not null check (reporting_period > 0),
    acks text not null,
    valid_ranges jsonb not null,
    limits jsonb not null,
    target_class smallint,
    changed_by text not null,
    changed_at timestamptz not null default now(),
    replaced_at timestamptz
);
create unique index on lantian.station_version (station_id, valid_from) where replaced_at is null;

-- Raised by each change, in its transaction: who holds the registry in memory sees that it must be read again.
create table lantian.registry_version (
    only_row boolean primary key default true check (only_row),
    version bigint not null
);
insert into lantian.registry_version (version) values (1);

create view lantian.v_stations as
select s.station, v.valid_from,
    coalesce(lead(v.valid_from) over (partition by v.station_id order by v.valid_from), 'infinity') as valid_to,
    v.active, v.mn, v.name_zh, v.name_en, v.kind, v.region, v.city, v.county, v.longitude, v.latitude, v.operator,
    v.enterprise, v.control_level, v.control_point, v.camera, v.reporting_period, v.acks, v.valid_ranges, v.limits,
    v.target_class, v.changed_by, v.changed_at, s.station_id
from lantian.station s join lantian.station_version v using (station_id)
where v.replaced_at is null;

-- Only hashes are kept; a device's username is its station, a platform's begins with `platform-`.
create table lantian.mqtt_account (
    username text primary key,
    password_hash text not null,
    kind text not null check (kind in ('device', 'platform', 'bridge')),
    replay boolean not null,
    stations text[] not null,
    issued_at timestamptz not null default now()
);
revoke all on lantian.mqtt_account from lantian_reader;

grant select, insert on lantian.station to lantian_registry;
grant select, insert, update on lantian.station_version to lantian_registry;
grant select, update on lantian.registry_version to lantian_registry;
grant select on lantian.v_stations to lantian_registry;
grant select, insert, update, delete on lantian.mqtt_account to lantian_registry;
grant select on lantian.station, lantian.station_version, lantian.registry_version
    to lantian_bridge, lantian_worker, lantian_engine;
