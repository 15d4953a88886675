-- depends: 0022-warnings
-- What dashboards read: views by the role lantian_viewer, which reads nothing else (docs/views.md, generated from the
-- comments). A view is a promise: columns may be added at its end; whatever else changes comes as a view of another name.

grant usage on schema lantian to lantian_viewer;

-- What the regulations' data says, for whoever reads figures: written by whoever migrates (deploy/catalogue.py).
create table lantian.factor (
    factor text primary key,
    name_zh text not null,
    name_en text not null,
    symbol text not null,
    unit text not null,
    decimals smallint not null,
    medium text not null,
    stack_unit text not null
);
create table lantian.edition (
    edition text primary key,
    name_zh text not null,
    name_en text not null,
    effective date not null
);
create table lantian.aqi_level (
    edition text not null,
    level smallint not null,
    aqi_from smallint not null,
    aqi_to smallint not null,
    level_zh text not null,
    name_zh text not null,
    name_en text not null,
    colour_zh text not null,
    colour text not null,
    primary key (edition, level)
);
create table lantian.air_limit (
    edition text not null,
    factor text not null,
    average text not null,
    class_1 double precision not null,
    class_2 double precision not null,
    unit text not null,
    primary key (edition, factor, average)
);

-- The registry's own view keeps its columns under a name that says what it is: `v_` is for dashboards.
alter view lantian.v_stations rename to station_register;

-- Finds the few rows that persons or sand-dust have made beside those of devices.
create index statistic_variant on lantian.statistic (object, time_window, start) where tier = 'reviewed' or not sanddust;

-- Up to when what came has been read: the now of the data, which is not this machine's in a replay. A view, for a
-- function would read the table with the rights of whoever asks.
create view lantian.v_clock as
select coalesce((select max(until) from lantian.heard_until), now()) as now;

create function lantian.state_name(state text) returns text
    language sql immutable strict parallel safe
    return case state when 'O' then 'open' when 'P' then 'provisional' else 'final' end;

-- aggregate.statistic.Reason; null where the value is valid.
create function lantian.reason_name(reason smallint) returns text
    language sql immutable strict parallel safe
    return (array['NO_VALUES', 'TOO_FEW_MINUTES', 'TOO_FEW_HOURS', 'TOO_FEW_WINDOWS', 'TOO_FEW_STATIONS',
        'POLLUTANT_MISSING', 'SANDDUST', 'TOO_FEW_DAYS', 'NO_DIRECTION'])[reason];

-- The row that holds for what persons left, for devices alone, and for what persons left without sand-dust
-- (decision 0008). Of objects, not of stations: views below join them by `object`, which the primary key begins with.
create view lantian.reviewed_statistic as
select * from lantian.statistic s
where s.sanddust and not exists (
    select from lantian.statistic better
    where better.object = s.object and better.time_window = s.time_window and better.start = s.start
        and better.tier = 'reviewed' and better.sanddust and s.tier = 'raw');

create view lantian.device_statistic as
select * from lantian.statistic where tier = 'raw' and sanddust;

create view lantian.dustless_statistic as
select * from lantian.statistic s
where not exists (
    select from lantian.statistic better
    where better.object = s.object and better.time_window = s.time_window and better.start = s.start
        and (better.tier = 'reviewed' or not better.sanddust)
        and ((s.sanddust and not better.sanddust)
            or (s.sanddust = better.sanddust and s.tier = 'raw' and better.tier = 'reviewed')));

-- Where in a row's arrays the wide views find what they show, looked up once a layout, not once a row.
create view lantian.air_place as
select layout_id,
    array_position(factors, 'a34004') as pm25, array_position(factors, 'a34002') as pm10,
    array_position(factors, 'a21026') as so2, array_position(factors, 'a21004') as no2,
    array_position(factors, 'a21005') as co, array_position(factors, 'a05024') as o3,
    array_position(factors, 'a05024_8h_max') as o3_8h_max, array_position(factors, 'a05024_1h_max') as o3_1h_max,
    array_position(factors, 'IAQI_a34004') as iaqi_pm25, array_position(factors, 'IAQI_a34002') as iaqi_pm10,
    array_position(factors, 'IAQI_a21026') as iaqi_so2, array_position(factors, 'IAQI_a21004') as iaqi_no2,
    array_position(factors, 'IAQI_a21005') as iaqi_co, array_position(factors, 'IAQI_a05024') as iaqi_o3,
    array_position(factors, 'IAQI_a05024_8h_max') as iaqi_o3_8h_max,
    array_position(factors, 'IAQI_a05024_1h_max') as iaqi_o3_1h_max,
    array_position(factors, 'AQI') as aqi
from lantian.layout offset 0;

-- A row a factor of a layout: who asks for one factor touches no other.
create view lantian.factor_place as
select l.layout_id, f.factor, f.place::integer as place
from lantian.layout l cross join lateral unnest(l.factors) with ordinality f (factor, place);

-- From which AQI on a level holds, by edition, for width_bucket.
create view lantian.level_bound as
select edition, array_agg(aqi_from::float8 order by level) as bounds from lantian.aqi_level group by edition offset 0;

-- The value of a place in a row, null unless it is valid.
create function lantian.valid_value("values" double precision[], reasons smallint[], place integer) returns double precision
    language sql immutable parallel safe
    return case when reasons[place] = 0 then "values"[place] end;

-- Those whose individual index is the AQI, where that is above 50 (HJ 633), in the order of `lantian evaluate`.
create function lantian.primary_of(
    aqi double precision, pm25 double precision, pm10 double precision, so2 double precision, no2 double precision,
    co double precision, o3 double precision
) returns text
    language sql immutable parallel safe
    return case when aqi > 50 then nullif(concat_ws(';', case when pm25 = aqi then 'pm25' end,
        case when pm10 = aqi then 'pm10' end, case when so2 = aqi then 'so2' end, case when no2 = aqi then 'no2' end,
        case when co = aqi then 'co' end, case when o3 = aqi then 'o3' end), '') end;

-- ---------------------------------------------------------------- stations

create view lantian.v_station_versions as
select station as station_id, nullif(valid_from, '-infinity') as valid_from, nullif(valid_to, 'infinity') as valid_to,
    active, mn, name_zh, name_en, kind, region, city, county, longitude,
    latitude, operator, enterprise, control_level, control_point, camera, reporting_period, target_class, tags, changed_by,
    changed_at
from lantian.station_register;

create view lantian.v_stations as
select distinct on (v.station_id) v.station_id, v.name_zh, v.name_en, v.kind, v.region, v.city, v.county, v.longitude,
    v.latitude, v.operator, v.enterprise, v.control_level, v.control_point, v.camera, v.reporting_period,
    v.target_class, v.tags, v.active, v.mn, v.valid_from
from lantian.v_station_versions v cross join lantian.v_clock c
order by v.station_id, (coalesce(v.valid_from, '-infinity') <= c.now) desc,
    abs(extract(epoch from coalesce(v.valid_from, '1970-01-01') - c.now));

create view lantian.v_station_limits as
select s.station_id, l.factor, (l.bounds ->> 'minimum')::float8 as minimum, (l.bounds ->> 'maximum')::float8 as maximum,
    (l.bounds ->> 'water_class')::smallint as water_class,
    case when s.kind = 'cems' then f.stack_unit else f.unit end as unit
from lantian.v_stations s
join lantian.station_register r on r.station = s.station_id
    and r.valid_from = coalesce(s.valid_from, '-infinity')
cross join lateral jsonb_each(r.limits) l (factor, bounds)
left join lantian.factor f on f.factor = l.factor;

create view lantian.v_station_states as
select s.station_id, s.name_zh, s.name_en, s.kind, s.region, s.city, s.county, s.longitude, s.latitude, s.enterprise,
    case when not s.active then 'inactive' when h.received is null then 'never'
        when u.until - h.received > make_interval(secs => greatest(600, 3 * s.reporting_period)) then 'silent'
        when overdue.seconds > 60 then 'late' else 'reporting' end as state,
    h.received as received_at, h.ended as ended_at, overdue.seconds as overdue_s,
    extract(epoch from h.received - h.ended)::float8 as delay_s, h.future_at, h.ahead_s, s.reporting_period,
    coalesce(a.open_alerts, 0) as open_alerts, a.worst_severity, u.until as as_of
from lantian.v_stations s
join lantian.station t on t.station = s.station_id
left join lantian.heard h on h.station_id = t.station_id
left join lantian.heard_until u using (partition)
left join lateral (
    select case when h.received is not null then
        greatest(0, extract(epoch from u.until - h.received) - s.reporting_period) end::float8 as seconds
) overdue on true
left join (
    select station, count(*)::integer as open_alerts,
        (array_agg(severity order by array_position(array['info', 'warning', 'severe', 'critical'], severity) desc))[1]
            as worst_severity
    from lantian.alert where state = 'open' group by station
) a on a.station = s.station_id;

-- ---------------------------------------------------------------- knowledge

create view lantian.v_factors as
select factor, name_zh, name_en, symbol, unit, decimals, medium, stack_unit from lantian.factor;
create view lantian.v_editions as
select edition, name_zh, name_en, effective from lantian.edition;
create view lantian.v_aqi_levels as
select edition, level, aqi_from, aqi_to, level_zh, name_zh, name_en, colour_zh, colour from lantian.aqi_level;
create view lantian.v_air_limits as
select edition, factor, average, class_1, class_2, unit from lantian.air_limit;
create view lantian.v_sanddust_periods as
select city, start, "end", basis, imported_by, imported_at from lantian.sanddust_period where withdrawn_at is null;

-- ---------------------------------------------------------------- readings

create view lantian.v_readings as
select r.time, r.period, s.station as station_id, c.factor, nullif(r."values"[c.place], 'NaN') as value,
    case when f.stack_unit <> f.unit and 'cems' = (
        select v.kind from lantian.station_version v
        where v.station_id = s.station_id and v.replaced_at is null and v.valid_from <= r.time
        order by v.valid_from desc limit 1
    ) then f.stack_unit else f.unit end as unit,
    coalesce(substr(r.flags, c.place, 1), 'N') as flag,
    (array['live', 'resent', 'replay'])[r.origin + 1] as origin,
    (array['device', 'hj212', 'replay', 'person'])[r.source + 1] as source,
    r.run, r.seq, r.received as received_at, r.correlation
from lantian.station s
join lantian.report r using (station_id)
join lantian.factor_place c on c.layout_id = r.layout
left join lantian.factor f on f.factor = c.factor
where r.issued = '-infinity' and (r.mask is null or substr(r.mask, c.place, 1) = 'C');

create view lantian.v_forecasts as
select r.issued, r.time, r.period, s.station as station_id, c.factor, nullif(r."values"[c.place], 'NaN') as value, f.unit,
    r.received as received_at
from lantian.station s
join lantian.report r using (station_id)
join lantian.factor_place c on c.layout_id = r.layout
left join lantian.factor f on f.factor = c.factor
where r.issued > '-infinity' and (r.mask is null or substr(r.mask, c.place, 1) = 'C');

create view lantian.v_latest_readings as
select s.station_id, s.name_zh, s.name_en, s.kind, s.city, s.county, s.enterprise, r.time, r.period, c.factor,
    nullif(r."values"[c.place], 'NaN') as value,
    case when f.stack_unit <> f.unit and 'cems' = (
        select v.kind from lantian.station_version v
        where v.station_id = t.station_id and v.replaced_at is null and v.valid_from <= r.time
        order by v.valid_from desc limit 1
    ) then f.stack_unit else f.unit end as unit,
    coalesce(substr(r.flags, c.place, 1), 'N') as flag, r.received as received_at
from lantian.v_stations s
join lantian.station t on t.station = s.station_id
cross join lateral (
    select x.time, x.period, x.layout, x."values", x.flags, x.mask, x.received from lantian.report x
    where x.station_id = t.station_id and x.issued = '-infinity' and x.time > (select now from lantian.v_clock) - interval '7 days'
    order by x.time desc, x.period limit 1
) r
join lantian.factor_place c on c.layout_id = r.layout
left join lantian.factor f on f.factor = c.factor
where s.active and s.kind <> 'forecast' and (r.mask is null or substr(r.mask, c.place, 1) = 'C');

create view lantian.v_rejected as
select rejected_id, received as received_at, station as station_id,
    (array['device', 'hj212', 'replay', 'person'])[source + 1] as source, run, seq, time, period, whole, reason, factors,
    reasons, detail, correlation
from lantian.rejected;

create view lantian.v_ledger as
select (array['device', 'hj212', 'replay', 'person'])[source + 1] as source, accounts, unbalanced, due, in_flight, missing,
    readings, unaccounted, doubled, breaks, checked_at, seconds
from lantian.ledger_audit;

-- ---------------------------------------------------------------- statistics of stations, a row a factor

do $$
declare
    kept text;
begin
    foreach kept in array array['reviewed', 'device', 'dustless'] loop
        execute format($view$
create view lantian.%1$s_value as
select x.object, x.time_window, x.start, f.factor, lantian.valid_value(x."values", x.reasons, f.place) as value,
    x.n_valid[f.place] as n_valid, x.n_expected[f.place] as n_expected, x.reasons[f.place] = 0 as valid,
    lantian.reason_name(x.reasons[f.place]) as reason, x.edition,
    lantian.state_name(substr(x.states, f.place, 1)) as state, x.tier, x.sanddust, x.version, x.revision
from lantian.%1$s_statistic x
join lantian.factor_place f on f.layout_id = x.layout
$view$, kept);
    end loop;
end $$;

-- A stack has units of its own for some factors: what the station was when the window began decides (and only those
-- factors look it up, and only where the unit is asked for).
do $$
declare
    named text;
    kept text;
    of_window text;
    lasts text;
begin
    for named, kept, of_window, lasts in values
        ('v_hourly', 'reviewed', 'hour', '1 hour'),
        ('v_hourly_raw', 'device', 'hour', '1 hour'),
        ('v_eight_hours', 'reviewed', '8h', '8 hours'),
        ('v_daily', 'reviewed', 'day', '1 day'),
        ('v_daily_raw', 'device', 'day', '1 day'),
        ('v_daily_without_sanddust', 'dustless', 'day', '1 day')
    loop
        execute format($view$
create view lantian.%I as
select x.start, x.start + interval %L as "end", s.station as station_id, x.factor, x.value, x.n_valid, x.n_expected,
    x.valid, x.reason, x.edition, x.state, x.tier, x.sanddust, x.version, x.revision,
    case when f.stack_unit <> f.unit and 'cems' = (
        select v.kind from lantian.station_version v
        where v.station_id = s.station_id and v.replaced_at is null and v.valid_from <= x.start
        order by v.valid_from desc limit 1
    ) then f.stack_unit else f.unit end as unit
from lantian.station s
join lantian.%I x on x.object = 'station:' || s.station and x.time_window = %L
left join lantian.factor f on f.factor = x.factor
$view$, named, lasts, kept || '_value', of_window);
    end loop;
end $$;

-- ---------------------------------------------------------------- air, a row a window

do $$
declare
    kept text;
begin
    foreach kept in array array['reviewed', 'dustless'] loop
        execute format($view$
create view lantian.%1$s_air as
select x.object, x.time_window, x.start, v.pm25, v.pm10, v.so2, v.no2, v.co, v.o3, v.o3_8h_max, v.o3_1h_max,
    v.iaqi_pm25::smallint, v.iaqi_pm10::smallint, v.iaqi_so2::smallint, v.iaqi_no2::smallint, v.iaqi_co::smallint,
    v.iaqi_o3::smallint, v.aqi::smallint, width_bucket(v.aqi, b.bounds)::smallint as level,
    lantian.primary_of(v.aqi, v.iaqi_pm25, v.iaqi_pm10, v.iaqi_so2, v.iaqi_no2, v.iaqi_co, v.iaqi_o3) as "primary",
    lantian.reason_name(x.reasons[p.aqi]) as aqi_reason, x.edition, lantian.state_name(substr(x.states, p.aqi, 1)) as state,
    x.tier, x.sanddust
from lantian.%1$s_statistic x
join lantian.air_place p on p.layout_id = x.layout
left join lantian.level_bound b on b.edition = x.edition
cross join lateral (
    select lantian.valid_value(x."values", x.reasons, p.pm25) as pm25,
        lantian.valid_value(x."values", x.reasons, p.pm10) as pm10,
        lantian.valid_value(x."values", x.reasons, p.so2) as so2,
        lantian.valid_value(x."values", x.reasons, p.no2) as no2,
        lantian.valid_value(x."values", x.reasons, p.co) as co,
        lantian.valid_value(x."values", x.reasons, p.o3) as o3,
        lantian.valid_value(x."values", x.reasons, p.o3_8h_max) as o3_8h_max,
        lantian.valid_value(x."values", x.reasons, p.o3_1h_max) as o3_1h_max,
        lantian.valid_value(x."values", x.reasons, p.iaqi_pm25) as iaqi_pm25,
        lantian.valid_value(x."values", x.reasons, p.iaqi_pm10) as iaqi_pm10,
        lantian.valid_value(x."values", x.reasons, p.iaqi_so2) as iaqi_so2,
        lantian.valid_value(x."values", x.reasons, p.iaqi_no2) as iaqi_no2,
        lantian.valid_value(x."values", x.reasons, p.iaqi_co) as iaqi_co,
        greatest(lantian.valid_value(x."values", x.reasons, p.iaqi_o3),
            lantian.valid_value(x."values", x.reasons, p.iaqi_o3_8h_max),
            lantian.valid_value(x."values", x.reasons, p.iaqi_o3_1h_max)) as iaqi_o3,
        lantian.valid_value(x."values", x.reasons, p.aqi) as aqi
) v
where p.aqi is not null
$view$, kept);
    end loop;
end $$;

-- Every city that the registry has ever had, also under a name that was corrected: statistics stand under it.
create view lantian.city as
select distinct city from lantian.station_version;

create view lantian.v_air_hourly as
select x.start, x.start + interval '1 hour' as "end", s.station as station_id, x.pm25, x.pm10, x.so2, x.no2, x.co, x.o3,
    x.iaqi_pm25, x.iaqi_pm10, x.iaqi_so2, x.iaqi_no2, x.iaqi_co, x.iaqi_o3, x.aqi, x.level, x."primary", x.aqi_reason,
    x.edition, x.state, x.tier, x.sanddust
from lantian.station s
join lantian.reviewed_air x on x.object = 'station:' || s.station and x.time_window = 'hour';

create view lantian.v_air_daily as
select x.start, x.start + interval '1 day' as "end", s.station as station_id, lantian.day_of(x.start) as date, x.pm25, x.pm10,
    x.so2, x.no2, x.co, x.o3_8h_max, x.o3_1h_max, x.iaqi_pm25, x.iaqi_pm10, x.iaqi_so2, x.iaqi_no2, x.iaqi_co, x.iaqi_o3,
    x.aqi, x.level, x."primary", x.aqi_reason, x.edition, x.state, x.tier, x.sanddust
from lantian.station s
join lantian.reviewed_air x on x.object = 'station:' || s.station and x.time_window = 'day';

create view lantian.v_city_hourly as
select x.start, x.start + interval '1 hour' as "end", c.city, x.pm25, x.pm10, x.so2, x.no2, x.co, x.o3,
    x.iaqi_pm25, x.iaqi_pm10, x.iaqi_so2, x.iaqi_no2, x.iaqi_co, x.iaqi_o3, x.aqi, x.level, x."primary", x.aqi_reason,
    x.edition, x.state, x.tier, x.sanddust
from lantian.city c
join lantian.reviewed_air x on x.object = 'city:' || c.city and x.time_window = 'hour';

create view lantian.v_city_daily as
select x.start, x.start + interval '1 day' as "end", c.city, lantian.day_of(x.start) as date, x.pm25, x.pm10, x.so2, x.no2,
    x.co, x.o3_8h_max, x.o3_1h_max, x.iaqi_pm25, x.iaqi_pm10, x.iaqi_so2, x.iaqi_no2, x.iaqi_co, x.iaqi_o3,
    x.aqi, x.level, x."primary",
    case when x.aqi is not null then rank() over (partition by x.start order by x.aqi) end::integer as rank,
    x.aqi_reason, x.edition, x.state, x.tier, x.sanddust
from lantian.city c
join lantian.reviewed_air x on x.object = 'city:' || c.city and x.time_window = 'day';

create view lantian.v_city_daily_without_sanddust as
select x.start, x.start + interval '1 day' as "end", c.city, lantian.day_of(x.start) as date, x.pm25, x.pm10, x.so2, x.no2,
    x.co, x.o3_8h_max, x.o3_1h_max, x.iaqi_pm25, x.iaqi_pm10, x.iaqi_so2, x.iaqi_no2, x.iaqi_co, x.iaqi_o3,
    x.aqi, x.level, x."primary",
    case when x.aqi is not null then rank() over (partition by x.start order by x.aqi) end::integer as rank,
    x.aqi_reason, x.edition, x.state, x.tier, x.sanddust
from lantian.city c
join lantian.dustless_air x on x.object = 'city:' || c.city and x.time_window = 'day';

-- ---------------------------------------------------------------- months, quarters, years

create view lantian.period_place as
select layout_id,
    array_position(factors, 'a34004') as pm25_mean, array_position(factors, 'a34002') as pm10_mean,
    array_position(factors, 'a21026') as so2_mean, array_position(factors, 'a21004') as no2_mean,
    array_position(factors, 'a34004_p95') as pm25_p95, array_position(factors, 'a34002_p95') as pm10_p95,
    array_position(factors, 'a21026_p98') as so2_p98, array_position(factors, 'a21004_p98') as no2_p98,
    array_position(factors, 'a21005_p95') as co_p95, array_position(factors, 'a05024_8h_p90') as o3_8h_p90,
    array_position(factors, 'composite_index') as composite_index,
    array_position(factors, 'days_valid') as days_valid, array_position(factors, 'days_attained') as days_attained,
    array_position(factors, 'days_heavy') as days_heavy, array_position(factors, 'days_level1') as days_level1,
    array_position(factors, 'days_level2') as days_level2, array_position(factors, 'days_level3') as days_level3,
    array_position(factors, 'days_level4') as days_level4, array_position(factors, 'days_level5') as days_level5,
    array_position(factors, 'days_level6') as days_level6
from lantian.layout offset 0;

do $$
declare
    kept text;
begin
    foreach kept in array array['reviewed', 'dustless'] loop
        execute format($view$
create view lantian.%1$s_period as
select x.object, x.time_window, x.start,
    (local.start + case x.time_window when 'month' then interval '1 month' when 'quarter' then interval '3 months'
        else interval '1 year' end) at time zone interval '8 hours' as "end",
    to_char(local.start, case x.time_window when 'month' then 'YYYY-MM' when 'quarter' then 'YYYY-"Q"Q' else 'YYYY' end)
        as period,
    lantian.valid_value(x."values", x.reasons, p.pm25_mean) as pm25_mean,
    lantian.valid_value(x."values", x.reasons, p.pm10_mean) as pm10_mean,
    lantian.valid_value(x."values", x.reasons, p.so2_mean) as so2_mean,
    lantian.valid_value(x."values", x.reasons, p.no2_mean) as no2_mean,
    lantian.valid_value(x."values", x.reasons, p.pm25_p95) as pm25_p95,
    lantian.valid_value(x."values", x.reasons, p.pm10_p95) as pm10_p95,
    lantian.valid_value(x."values", x.reasons, p.so2_p98) as so2_p98,
    lantian.valid_value(x."values", x.reasons, p.no2_p98) as no2_p98,
    lantian.valid_value(x."values", x.reasons, p.co_p95) as co_p95,
    lantian.valid_value(x."values", x.reasons, p.o3_8h_p90) as o3_8h_p90,
    lantian.valid_value(x."values", x.reasons, p.composite_index) as composite_index,
    lantian.valid_value(x."values", x.reasons, p.days_valid)::integer as days_valid,
    lantian.valid_value(x."values", x.reasons, p.days_attained)::integer as days_attained,
    lantian.valid_value(x."values", x.reasons, p.days_heavy)::integer as days_heavy,
    lantian.valid_value(x."values", x.reasons, p.days_level1)::integer as days_level1,
    lantian.valid_value(x."values", x.reasons, p.days_level2)::integer as days_level2,
    lantian.valid_value(x."values", x.reasons, p.days_level3)::integer as days_level3,
    lantian.valid_value(x."values", x.reasons, p.days_level4)::integer as days_level4,
    lantian.valid_value(x."values", x.reasons, p.days_level5)::integer as days_level5,
    lantian.valid_value(x."values", x.reasons, p.days_level6)::integer as days_level6,
    lantian.reason_name(x.reasons[p.composite_index]) as reason, x.edition,
    lantian.state_name(substr(x.states, p.composite_index, 1)) as state, x.tier, x.sanddust
from lantian.%1$s_statistic x
join lantian.period_place p on p.layout_id = x.layout
cross join lateral (select x.start at time zone interval '8 hours' as start) local
where p.composite_index is not null
$view$, kept);
    end loop;
end $$;

create view lantian.v_station_periods as
select x.start, x."end", x.time_window, x.period, s.station as station_id, x.pm25_mean, x.pm10_mean, x.so2_mean, x.no2_mean,
    x.pm25_p95, x.pm10_p95, x.so2_p98, x.no2_p98, x.co_p95, x.o3_8h_p90, x.composite_index, x.days_valid, x.days_attained,
    x.days_heavy, x.days_level1, x.days_level2, x.days_level3, x.days_level4, x.days_level5, x.days_level6, x.reason,
    x.edition, x.state, x.tier, x.sanddust
from lantian.station s
join lantian.reviewed_period x on x.object = 'station:' || s.station and x.time_window in ('month', 'quarter', 'year');

do $$
declare
    named text;
    kept text;
begin
    for named, kept in values ('v_city_periods', 'reviewed'), ('v_city_periods_without_sanddust', 'dustless') loop
        execute format($view$
create view lantian.%I as
select x.start, x."end", x.time_window, x.period, c.city, x.pm25_mean, x.pm10_mean, x.so2_mean, x.no2_mean,
    x.pm25_p95, x.pm10_p95, x.so2_p98, x.no2_p98, x.co_p95, x.o3_8h_p90, x.composite_index,
    case when x.composite_index is not null then
        rank() over (partition by x.time_window, x.start order by x.composite_index) end::integer as rank,
    x.days_valid, x.days_attained, x.days_heavy, x.days_level1, x.days_level2, x.days_level3, x.days_level4, x.days_level5,
    x.days_level6, x.reason, x.edition, x.state, x.tier, x.sanddust
from lantian.city c
join lantian.%I x on x.object = 'city:' || c.city and x.time_window in ('month', 'quarter', 'year')
$view$, named, kept || '_period');
    end loop;
end $$;

-- ---------------------------------------------------------------- alerts

create view lantian.v_alert_lifecycle as
select a.alert_id, a.rule_id, a.station as station_id, a.city, a.kind, a.severity, a.peak_severity, a.origin, a.pages, a.state,
    coalesce(h.stage, 'open') as stage, o.stage as order_stage, a.opened_at, t.told_at, h.acknowledged_at, h.dispatched_at,
    h.unit as dispatched_to, h.deadline, h.fed_back_at, a.cleared_at, a.closed_at, h.verdict, h.reopened_at,
    extract(epoch from t.told_at - a.opened_at)::float8 as told_after_s,
    extract(epoch from h.acknowledged_at - a.opened_at)::float8 as acknowledged_after_s,
    extract(epoch from h.dispatched_at - a.opened_at)::float8 as dispatched_after_s,
    extract(epoch from h.fed_back_at - a.opened_at)::float8 as fed_back_after_s,
    extract(epoch from a.closed_at - a.opened_at)::float8 as closed_after_s, a.merged_into, a.object, a.factor,
    a.pages and a.closed_at is null and a.merged_into is null as waits
from lantian.alert a
left join lantian.alert_handling h using (alert_id)
left join lateral (
    select stage from lantian.stop_work_order w where w.alert_id = a.alert_id order by number desc limit 1
) o on true
left join lateral (
    select min(d.ended_at) as told_at from lantian.notification n join lantian.delivery d using (delivery_id)
    where n.alert_id = a.alert_id and d.fate = 'delivered'
) t on true;
