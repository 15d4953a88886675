-- depends: 0013-alerts-of-levels
-- When each station was last heard live, by what its clock said, and how far the worker had read by then: what rules of
-- devices (silence, clocks) look at. A display aid: written once a minute, rebuilt from what comes, compared by nobody.
create table lantian.heard (
    station_id integer primary key,
    partition smallint not null,
    received timestamptz,
    ended timestamptz,
    future_at timestamptz,
    ahead_s double precision
) with (fillfactor = 50);
comment on table lantian.heard is
'received: receipt of the latest live report, ended: the end of its period; future_at, ahead_s: receipt of the latest report that was rejected as of the future, and by how much.';

-- Of a partition of reports: up to which time everything that had come is in the table above.
create table lantian.heard_until (
    partition smallint primary key,
    until timestamptz not null
);

grant select, insert, update on lantian.heard, lantian.heard_until to lantian_worker;
grant select on lantian.heard, lantian.heard_until to lantian_engine, lantian_reader;
-- The hour that is running has no value in the statistics yet.
grant select on lantian.report to lantian_engine;

-- An alert of a device begins when what it tells of began, a silence or an hour, and may open anew of the same.
drop index lantian.alert_rule_id_object_first_start_idx;
create unique index on lantian.alert (rule_id, object, first_start)
    where state <> 'withdrawn' and time_window <> 'device';
