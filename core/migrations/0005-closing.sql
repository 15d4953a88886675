-- depends: 0004-alerts
-- Closing days (state-model: retention). A station is the topic's name here, so that days of stations which the
-- registry does not know close too. What of the first schema this replaces nothing ever wrote.

drop table lantian.closed_day, lantian.closed_numbers;

grant usage on schema lantian to lantian_archive;

-- The day of Asia/Shanghai that an instant belongs to, as core.clock.day_start says it: always eight hours ahead.
create function lantian.day_of(moment timestamptz) returns date
    language sql immutable strict parallel safe
    return (moment at time zone interval '8 hours')::date;

create table lantian.closed_day (
    station text not null,
    day date not null,
    partition smallint not null,
    closed_at timestamptz not null,
    primary key (station, day)
);

-- Every number received of the day, those of rejected reports too.
create table lantian.closed_numbers (
    station text not null,
    day date not null,
    source smallint not null,
    run bigint not null,
    numbers int8multirange not null,
    primary key (station, day, source, run)
);

-- reports, readings, repeats: of the rows of `intake` that are folded in here and gone; what comes later stands in new
-- ones. current, superseded, rejected: how many readings stood so when the day was closed, and what it rejected since.
create table lantian.closed_counts (
    station text not null,
    day date not null,
    source smallint not null,
    reports bigint not null default 0,
    readings bigint not null default 0,
    repeats bigint not null default 0,
    current bigint not null default 0,
    superseded bigint not null default 0,
    rejected bigint not null default 0,
    primary key (station, day, source)
);

-- SHA-256 of payloads without a readable number, by the day of their receipt.
create table lantian.closed_payloads (
    station text not null,
    day date not null,
    source smallint not null,
    digest bytea not null,
    primary key (station, digest, day, source)
);

-- The oldest arrivals of a partition, and what was rejected of a station's day.
create index on lantian.intake (partition, taken_at, intake_id);
create index on lantian.rejected (station, (coalesce(time, received)));

-- Only its owner may drop a hypertable's chunk, and the owner may do anything: so the owner lends this one act, and
-- it looks for itself, with every worker held, whether a station's day in the chunk is not closed. Strict: without a
-- bound there is no day to look at, and all chunks to drop.
create function lantian.drop_closed_reports(from_time timestamptz, to_time timestamptz) returns boolean
    language plpgsql strict security definer
    set search_path = lantian, public, pg_temp
    set lock_timeout = '2s'
as $$
begin
    perform 1 from consumer_offset where consumer = 'worker' and topic = 'lantian.reports.v1'
        order by partition for update;
    if exists (
        select from station s
        cross join lateral (
            select day_of(from_time) + n as day from generate_series(0, day_of(to_time) - day_of(from_time)) n
        ) d
        where not exists (select from closed_day c where c.station = s.station and c.day = d.day)
        and exists (
            select from report r where r.station_id = s.station_id and r.time >= from_time and r.time < to_time
            and r.time >= d.day::timestamp at time zone interval '8 hours'
            and r.time < (d.day + 1)::timestamp at time zone interval '8 hours'
        )
    ) then
        return false;
    end if;
    perform drop_chunks('lantian.report', older_than => to_time, newer_than => from_time);
    return true;
end
$$;
revoke all on function lantian.drop_closed_reports from public;
grant execute on function lantian.drop_closed_reports to lantian_archive;

grant select on lantian.closed_day to lantian_worker;
grant select, insert, update on lantian.closed_numbers, lantian.closed_counts to lantian_worker;
grant select, insert on lantian.closed_payloads to lantian_worker;

-- To lock an offset, one column that may be written is enough; the offset and the epoch are not among them.
grant select, update (moved_at) on lantian.consumer_offset to lantian_archive;
grant select on lantian.station, lantian.report, lantian.statistic to lantian_archive;
grant select, delete on lantian.intake, lantian.rejected to lantian_archive;
grant select, insert on lantian.closed_day, lantian.closed_numbers, lantian.closed_payloads to lantian_archive;
grant select, insert, update on lantian.closed_counts to lantian_archive;
