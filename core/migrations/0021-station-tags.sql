-- depends: 0019-orders-and-episodes
-- What a station is of beside its place and owner: groups that rules, and people, go by.
alter table lantian.station_version add column tags text[] not null default '{}';

create or replace view lantian.v_stations as
select s.station, v.valid_from,
    coalesce(lead(v.valid_from) over (partition by v.station_id order by v.valid_from), 'infinity') as valid_to,
    v.active, v.mn, v.name_zh, v.name_en, v.kind, v.region, v.city, v.county, v.longitude, v.latitude, v.operator,
    v.enterprise, v.control_level, v.control_point, v.camera, v.reporting_period, v.acks, v.valid_ranges, v.limits,
    v.target_class, v.changed_by, v.changed_at, s.station_id, v.tags
from lantian.station s join lantian.station_version v using (station_id)
where v.replaced_at is null;
