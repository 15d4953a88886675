-- depends: 0023-views
-- What each view and column says, with its unit; docs/views.md is made of it (deploy/views_page.py). The general comes
-- first, what a view says of its own afterwards. An entry that fits nothing is a fault.

create procedure lantian.comment_columns(of_views text, named text, says text)
language plpgsql
as $$
declare
    found_one record;
    fits boolean := false;
begin
    for found_one in
        select table_name, column_name from information_schema.columns
        where table_schema = 'lantian' and table_name ~ ('^(' || of_views || ')$')
            and column_name = any (string_to_array(named, ' '))
    loop
        execute format('comment on column lantian.%I.%I is %L', found_one.table_name, found_one.column_name, says);
        fits := true;
    end loop;
    if not fits then
        raise exception 'no view % has a column %', of_views, named;
    end if;
end $$;

do $$
declare
    entry text[];
begin
    foreach entry slice 1 in array array[
    -- what means the same everywhere
    ['v_.*', 'station_id', 'Code of the station, as in its MQTT topic'],
    ['v_.*', 'city', 'City, by its Chinese name'],
    ['v_.*', 'county', 'County or district, by its Chinese name'],
    ['v_.*', 'region', 'Administrative code (GB/T 2260): two digits name the province, four the city'],
    ['v_.*', 'kind', 'Kind of monitor: air, micro, dust, water, cems, effluent, noise, power, fume, facility, weather, …'],
    ['v_.*', 'name_zh', 'Chinese name'],
    ['v_.*', 'name_en', 'English name'],
    ['v_.*', 'longitude latitude', 'Degrees, WGS 84, as the registry says'],
    ['v_.*', 'enterprise', 'Whose monitor it is; null for public ones'],
    ['v_.*', 'factor', 'Code of the factor (HJ 524, HJ 525, or an own one): v_factors names it'],
    ['v_.*', 'unit', 'Unit of value'],
    ['v_.*', 'start', 'Beginning of the window, inclusive; UTC instant'],
    ['v_.*', 'end', 'End of the window, exclusive; UTC instant. The Chinese label of an air hour is its end'],
    ['v_.*', 'date', 'Day of Asia/Shanghai'],
    ['v_.*', 'time', 'Beginning of the averaging period, or the instant; UTC'],
    ['v_.*', 'period', 'Length of the averaging period, s; 0 for an instant'],
    ['v_.*', 'received_at', 'When the bridge had it; UTC'],
    ['v_.*', 'edition', 'Edition of the regulations that holds (v_editions); of a period several, joined by +'],
    ['v_.*', 'tier', 'reviewed where a person''s word made this row, raw where devices alone did'],
    ['v_.*', 'sanddust', 'Whether sand-dust periods are in this row'],
    ['v_.*', 'source', 'Who spoke: device, hj212, replay, person'],
    ['v_.*', 'run', 'Run of the counter that gave seq'],
    ['v_.*', 'seq', 'Number that the device gave the report'],
    ['v_.*', 'correlation', 'Name of the report in the logs of bridge and worker, where it was given one'],
    ['v_.*', 'alert_id', 'Number of the alert'],
    ['v_.*', 'rule_id', 'Rule, as in its pack'],
    ['v_.*', 'severity', 'info, warning, severe, critical'],
    ['v_.*', 'peak_severity', 'The gravest that it came to'],
    -- figures of air
    ['v_air_.*|v_city_.*|v_station_periods', 'pm25 pm25_mean', 'PM2.5, µg/m³; null unless valid'],
    ['v_air_.*|v_city_.*|v_station_periods', 'pm10 pm10_mean', 'PM10, µg/m³; null unless valid'],
    ['v_air_.*|v_city_.*|v_station_periods', 'so2 so2_mean', 'SO2, µg/m³; null unless valid'],
    ['v_air_.*|v_city_.*|v_station_periods', 'no2 no2_mean', 'NO2, µg/m³; null unless valid'],
    ['v_air_.*|v_city_.*', 'co', 'CO, mg/m³; null unless valid'],
    ['v_air_hourly|v_city_hourly', 'o3', 'O3, mean of the hour, µg/m³; null unless valid'],
    ['v_air_daily|v_city_daily.*', 'o3_8h_max', 'O3, largest running 8-hour mean of the day, µg/m³; null unless valid'],
    ['v_air_daily|v_city_daily.*', 'o3_1h_max', 'O3, largest hour of the day, µg/m³; null unless valid'],
    ['v_air_.*|v_city_(hour|dai)ly.*', 'iaqi_pm25 iaqi_pm10 iaqi_so2 iaqi_no2 iaqi_co',
        'Individual air quality index (HJ 633), 1; null without a value'],
    ['v_air_.*|v_city_(hour|dai)ly.*', 'iaqi_o3',
        'Individual air quality index of ozone (HJ 633), 1; of a day the larger of its 8-hour and, where the edition has one, 1-hour index'],
    ['v_air_.*|v_city_(hour|dai)ly.*', 'aqi', 'Air quality index (HJ 633), 1; null where there is none: aqi_reason'],
    ['v_air_.*|v_city_(hour|dai)ly.*', 'level', 'Level 1 … 6 of the AQI; v_aqi_levels has names and colours'],
    ['v_air_.*|v_city_(hour|dai)ly.*', 'primary',
        'Primary pollutants where the AQI is above 50, joined by ; in the order pm25;pm10;so2;no2;co;o3'],
    ['v_air_.*|v_city_(hour|dai)ly.*', 'aqi_reason', 'Why there is no AQI (see reason of v_hourly); null where there is one'],
    ['v_city_daily.*', 'rank', 'Place among the cities of the day by AQI, 1 the cleanest, equal ones share it; null without AQI'],
    ['v_air_.*|v_city_.*|v_station_periods', 'state',
        'open while values are expected, provisional, final when nothing changes it any more but a correction'],
    -- periods
    ['v_.*_periods.*', 'time_window', 'month, quarter, year'],
    ['v_(city|station)_periods.*', 'period', 'Label of Asia/Shanghai: 2026-03, 2026-Q1, 2026'],
    ['v_.*_periods.*', 'pm25_p95 pm10_p95 so2_p98 no2_p98',
        'Percentile of the valid daily means (HJ 663), µg/m³; null without enough days'],
    ['v_.*_periods.*', 'co_p95', '95th percentile of the valid daily means of CO (HJ 663), mg/m³; null without enough days'],
    ['v_.*_periods.*', 'o3_8h_p90',
        '90th percentile of the daily maximum 8-hour means of O3 (HJ 663), µg/m³; null without enough days'],
    ['v_.*_periods.*', 'composite_index', 'Composite index (综合指数), 1, by the edition; null without one of the six'],
    ['v_city_periods.*', 'rank', 'Place among the cities by composite index, 1 the cleanest, equal ones share it'],
    ['v_.*_periods.*', 'days_valid', 'Valid days, d'],
    ['v_.*_periods.*', 'days_attained', 'Valid days with an AQI up to 100 (优良), d'],
    ['v_.*_periods.*', 'days_heavy', 'Valid days with an AQI above 200, d'],
    ['v_.*_periods.*', 'days_level1 days_level2 days_level3 days_level4 days_level5 days_level6',
        'Valid days of this level of the AQI, d'],
    ['v_.*_periods.*', 'reason', 'Why there is no composite index; null where there is one'],
    -- a row a factor
    ['v_hourly.*|v_eight_hours|v_daily.*', 'value', 'Value, in unit; null unless valid'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'n_valid', 'Valid values that it is made of: reports of an hour, hours of a day'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'n_expected', 'Values that should be there'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'valid', 'Whether it counts by the edition''s rules of validity'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'reason',
        'Why it is not valid: NO_VALUES, TOO_FEW_MINUTES, TOO_FEW_HOURS, TOO_FEW_WINDOWS, TOO_FEW_STATIONS, POLLUTANT_MISSING, SANDDUST, TOO_FEW_DAYS, NO_DIRECTION'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'state',
        'open while values are expected, provisional, final when nothing changes it any more but a correction'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'version', 'Version of the row, growing with each change'],
    ['v_hourly.*|v_eight_hours|v_daily.*', 'revision', 'How often it was changed after it was final'],
    -- readings
    ['v_readings|v_latest_readings|v_forecasts', 'value', 'Value as reported; null where there was none'],
    ['v_readings|v_latest_readings', 'flag',
        'N normal, F stopped, M maintenance, S set by hand, D fault, C calibration, T over range, B no communication (HJ 212)'],
    ['v_readings', 'origin', 'live, resent (late from a buffer), replay (history)'],
    ['v_forecasts', 'issued', 'When the forecast was issued; UTC'],
    ['v_rejected', 'rejected_id', 'Number under which `lantian rejected` knows it'],
    ['v_rejected', 'whole', 'Whether the whole report was rejected, or only factors of it'],
    ['v_rejected', 'reason', 'Why: of the whole report, else of the first factor'],
    ['v_rejected', 'factors reasons', 'Factors that were rejected, and why each; side by side'],
    ['v_rejected', 'detail', 'What is wrong, in words'],
    ['v_ledger', 'accounts', 'Stations that were struck'],
    ['v_ledger', 'unbalanced', 'Of these, stations that do not balance'],
    ['v_ledger', 'due', 'Numbers given out'],
    ['v_ledger', 'in_flight', 'Of these, in Kafka and not yet taken'],
    ['v_ledger', 'missing', 'Of these, neither received nor in flight'],
    ['v_ledger', 'readings', 'Readings taken'],
    ['v_ledger', 'unaccounted', 'Readings taken that do not stand, or stand and were not taken'],
    ['v_ledger', 'doubled', 'Readings with more than one current value'],
    ['v_ledger', 'breaks', 'Gaps and overlaps in what workers say they took; of all sources, in each row'],
    ['v_ledger', 'checked_at', 'When the ledger was struck; the machine''s clock, UTC'],
    ['v_ledger', 'seconds', 'How long that took, s'],
    ['v_clock', 'now', 'Data time up to which what came has been read; the server''s clock before anything came; UTC'],
    -- stations
    ['v_station.*', 'reporting_period', 'How often it is to report, s'],
    ['v_station_versions|v_stations', 'valid_from', 'Since when the registry says so; null: since ever; UTC'],
    ['v_station_versions', 'valid_to', 'Until when, exclusive; null for the latest; UTC'],
    ['v_station_limits', 'minimum maximum', 'What the factor must keep to, in unit; null: no such bound'],
    ['v_station_limits', 'water_class', 'Class of surface water whose limit holds, 1 … 5'],
    ['v_station_limits', 'unit', 'Unit of minimum and maximum'],
    ['v_station_versions|v_stations', 'active', 'Whether it is in service'],
    ['v_station_versions|v_stations', 'mn', 'Unique number of the device (HJ 212 MN)'],
    ['v_station_versions|v_stations', 'operator', 'Who runs it'],
    ['v_station_versions|v_stations', 'control_level', 'Whose network: national, provincial, city, county, enterprise'],
    ['v_station_versions|v_stations', 'control_point', 'Control point (对照点), left out of the city''s mean by HJ 663'],
    ['v_station_versions|v_stations', 'camera', 'Where its camera is found'],
    ['v_station_versions|v_stations', 'target_class', 'Class of surface water that the section is to reach, 1 … 5'],
    ['v_station_versions|v_stations', 'tags', 'Groups that rules and people go by'],
    ['v_station_versions', 'changed_by', 'Who changed the registry'],
    ['v_station_versions', 'changed_at', 'When; the machine''s clock, UTC'],
    ['v_station_states', 'state',
        'inactive: out of service; never: no live report yet, whatever came late or as history; silent: not heard for ten minutes, nor for three of its periods; late: its next live report is more than 60 s overdue; else reporting'],
    ['v_station_states', 'received_at', 'When its latest live report was received; UTC'],
    ['v_station_states', 'ended_at', 'When the averaging period of that report ended, by the device''s clock; UTC'],
    ['v_station_states', 'overdue_s', 'How long its next live report is overdue, s'],
    ['v_station_states', 'delay_s', 'From the end of that period to the receipt, s; below 0 where the device''s clock is fast'],
    ['v_station_states', 'future_at', 'Receipt of the latest report rejected as of the future; UTC'],
    ['v_station_states', 'ahead_s', 'By how much that was ahead, s'],
    ['v_station_states', 'open_alerts', 'Open alerts of the station'],
    ['v_station_states', 'worst_severity', 'The gravest of these'],
    ['v_station_states', 'as_of', 'Up to when what came has been read; data time, UTC'],
    -- knowledge
    ['v_factors', 'symbol', 'Short name for axes and tables: PM2.5, NH3-N'],
    ['v_factors', 'unit', 'Unit outside stacks'],
    ['v_factors', 'stack_unit', 'Unit in stacks (kind cems)'],
    ['v_factors', 'decimals', 'Places to which a single value is shown'],
    ['v_factors', 'medium', 'air, water, noise, operation, derived'],
    ['v_editions|v_aqi_levels|v_air_limits', 'edition', 'Id of the edition'],
    ['v_editions', 'effective', 'First day that it holds; the first edition holds for all days before, too'],
    ['v_aqi_levels', 'level', '1 … 6'],
    ['v_aqi_levels', 'aqi_from aqi_to', 'AQI from and to, both in, 1'],
    ['v_aqi_levels', 'level_zh', '一级 … 六级'],
    ['v_aqi_levels', 'colour_zh', 'Official colour, in words'],
    ['v_aqi_levels', 'colour', 'Official colour, #RRGGBB'],
    ['v_air_limits', 'average', 'year, season, day, hour, max_8h (of a day)'],
    ['v_air_limits', 'class_1 class_2', 'Limit of class I and II areas (GB 3095), in unit'],
    ['v_sanddust_periods', 'start end', 'Of the period, end exclusive; UTC'],
    ['v_sanddust_periods', 'basis', 'Who decided it, where'],
    ['v_.*', 'imported_by', 'Who brought it in'],
    ['v_.*', 'imported_at', 'When it was brought in; UTC'],
    -- alerts
    ['v_alerts|v_alert_lifecycle', 'city', 'City of the station, or the city itself'],
    ['v_alerts|v_alert_lifecycle', 'station_id', 'Code of the station; null for a city'],
    ['v_alerts|v_alert_lifecycle|v_alert_log|v_alert_record', 'state', 'What data says: open, cleared, withdrawn'],
    ['v_alerts|v_alert_lifecycle', 'opened_at', 'End of the first window that exceeds; of a device when it was seen; data time, UTC'],
    ['v_alerts|v_alert_lifecycle', 'cleared_at', 'End of the window that ended it; data time, UTC'],
    ['v_alerts|v_alert_lifecycle', 'closed_at', 'When nobody has to do anything about it any more; data time, UTC'],
    ['v_alerts', 'value', 'The rule''s measure in the latest window, in unit'],
    ['v_alerts', 'threshold', 'Threshold of the level that it stands at, in unit'],
    ['v_alerts', 'unit', 'Unit of value, threshold and peak'],
    ['v_alerts|v_alert_lifecycle', 'origin', 'live, or history for what only old data shows'],
    ['v_alerts', 'legal_basis', 'Paragraph that asks for it'],
    ['v_alerts', 'number', 'Which alert of this rule and object'],
    ['v_alerts|v_alert_log|v_alert_record', 'object', 'station:CODE or city:NAME'],
    ['v_alerts|v_alert_log|v_alert_record', 'time_window', 'Window that the rule looks at: hour, 8h, day, device'],
    ['v_alerts', 'first_start last_start', 'Start of the first and of the latest window that exceeds; UTC'],
    ['v_alerts', 'peak', 'The worst measure, in unit'],
    ['v_alerts', 'peak_start', 'Start of its window; UTC'],
    ['v_alerts|v_alert_lifecycle', 'pages', 'Whether it may disturb anybody: only what is live may'],
    ['v_alerts', 'camera', 'Camera that sees the station'],
    ['v_alerts', 'title_zh title_en detail_zh detail_en todo_zh todo_en', 'What operators read'],
    ['v_alerts', 'updated_at', 'Data time of the latest change, UTC'],
    ['v_alerts|v_alert_log|v_alert_record', 'merged_into', 'Alert that goes on in its place'],
    ['v_alerts', 'level', 'Which of its rule''s levels, 1 the lowest'],
    ['v_alert_values', 'value', 'The rule''s measure in this window'],
    ['v_alert_values', 'own', 'The factor''s value'],
    ['v_alert_values', 'other', 'What that stands against: another factor, the background'],
    ['v_alert_values', 'n_valid n_expected', 'Valid and expected values of the window'],
    ['v_alert_values', 'version', 'Version of the statistic that was judged'],
    ['v_alert_values', 'live', 'Whether a live reading is in it'],
    ['v_alert_values', 'level', 'Level of the alert after it'],
    ['v_alert_values', 'lead', 'Before the alert opened, but counted'],
    ['v_alert_ends', 'ends', 'Start of the window that cleared it; null while it lasts'],
    ['v_alert_log', 'log_id', 'Number of the entry'],
    ['v_alert_record', 'city place', 'Chain, and place in it'],
    ['v_alert_log|v_alert_record', 'version', 'Version of the alert that this made'],
    ['v_alert_log|v_alert_record', 'at', 'Data time, UTC'],
    ['v_alert_log|v_alert_record|v_warning_events', 'happening', 'What happened'],
    ['v_alert_log|v_alert_record', 'start', 'Start of the window that did it; UTC'],
    ['v_alert_log|v_alert_record', 'statement_version', 'Version of the statistic that did it'],
    ['v_alert_log|v_alert_record', 'value', 'The rule''s measure in it'],
    ['v_alert_record', 'subject', 'data, handling, order, escalation, silence, warning'],
    ['v_alert_record|v_warning_events|v_warning_levels', 'who', 'Who did it; null for data and the engine'],
    ['v_alert_record', 'detail', 'What else was said; JSON where it has parts'],
    ['v_alert_record', 'hash', 'SHA-256 over the entry before and this one, hexadecimal'],
    ['v_alert_handling|v_alert_lifecycle', 'stage',
        'open, acknowledged, dispatched, fed-back, doubted, closed, false-alarm: what persons have done'],
    ['v_alert_handling', 'acknowledged_by dispatched_by fed_back_by doubted_by closed_by', 'Who did it'],
    ['v_alert_handling|v_alert_lifecycle', 'acknowledged_at dispatched_at fed_back_at reopened_at', 'When; data time, UTC'],
    ['v_alert_handling', 'doubted_at closed_at', 'When; data time, UTC'],
    ['v_alert_handling', 'acknowledgement dispatch_text feedback doubt', 'What was said with it'],
    ['v_alert_handling', 'unit', 'Unit (单位) that it was dispatched to'],
    ['v_alert_handling|v_alert_lifecycle', 'deadline', 'Until when feedback is due; data time, UTC'],
    ['v_alert_handling|v_alert_lifecycle', 'verdict', 'What the closing found'],
    ['v_alert_handling', 'feedback_reference doubt_reference', 'Where more about it is found'],
    ['v_alert_lifecycle', 'order_stage', 'Stage of its latest stop-work order; null without one'],
    ['v_alert_lifecycle', 'dispatched_to', 'Unit (单位) that it was dispatched to'],
    ['v_alert_lifecycle', 'told_at', 'When a first message about it was confirmed; data time, UTC'],
    ['v_alert_lifecycle', 'told_after_s acknowledged_after_s dispatched_after_s fed_back_after_s closed_after_s',
        'Since opened_at, s of data time; null while it has not happened'],
    ['v_alert_lifecycle', 'merged_into', 'Alert that goes on in its place'],
    ['v_alert_lifecycle', 'object', 'station:CODE or city:NAME'],
    ['v_alert_lifecycle', 'waits', 'Whether somebody still has to do something about it'],
    ['v_alert_silences', 'silence_id', 'Number of the silence'],
    ['v_alert_silences', 'author ended_by', 'Who ordered, and who ended it early'],
    ['v_alert_silences', 'reason end_reason', 'Why'],
    ['v_alert_silences', 'made_at ended_at', 'When it was ordered, and ended early; data time, UTC'],
    ['v_alert_silences', 'begins ends', 'From, until before; data time, UTC'],
    ['v_alert_silences', 'station', 'Code of the station; null meets any'],
    ['v_alert_escalations', 'step', 'What is overdue: acknowledge, dispatch, feedback, verify, recheck'],
    ['v_alert_escalations', 'since due_at at', 'Since when it is waited for, when it was due, when that was told; data time, UTC'],
    ['v_alert_escalations', 'rung', 'How high it went'],
    ['v_alert_escalations', 'told contact', 'Whom that was meant for, and how they are reached'],
    ['v_stop_work_orders', 'kind', 'Kind of order'],
    ['v_stop_work_orders', 'stage', 'proposed, confirmed, issued, received (by the site), lifted, declined, withdrawn, handed-on'],
    ['v_stop_work_orders', 'flagged', 'In force although data has withdrawn its ground'],
    ['v_stop_work_orders', 'proposed_at last_at', 'When it was proposed, and came to its stage; data time, UTC'],
    ['v_stop_work_orders', 'last_by why', 'Who brought it there (null: the engine), and why'],
    ['v_stop_work_orders', 'order_number', 'Of one alert''s orders only the latest may stand'],
    -- messages
    ['v_notifications', 'notification_id', 'Number'],
    ['v_notifications|v_deliveries|v_delivery_tries', 'target', 'Way out, as in the file of targets'],
    ['v_notifications', 'key', 'What is told: an entry of the log, city#place'],
    ['v_notifications', 'thread', 'What belongs together'],
    ['v_notifications', 'addressees', 'Who is told, by name'],
    ['v_notifications', 'state', 'waiting, hidden, written, undone, given-up'],
    ['v_notifications', 'why', 'Why it is so'],
    ['v_notifications', 'made_at due_at', 'When it was decided, and is due; data time, UTC'],
    ['v_notifications|v_deliveries|v_delivery_tries', 'delivery_id', 'Message that tells it'],
    ['v_deliveries', 'message_id', 'Id under which a receiver knows a message sent twice'],
    ['v_deliveries', 'title', 'Title of the message'],
    ['v_deliveries', 'written_at again_at ended_at', 'When it was written down, is tried again, was confirmed or given up; data time, UTC'],
    ['v_deliveries', 'fate', 'to-send, delivered, given-up'],
    ['v_deliveries', 'tries', 'How often it was tried'],
    ['v_delivery_tries', 'number', 'Which try'],
    ['v_delivery_tries', 'at', 'When; data time, UTC'],
    ['v_delivery_tries', 'failure', 'refused, busy, unreachable, unknown; null where it was confirmed'],
    ['v_delivery_tries', 'detail', 'What the receiver said'],
    ['v_delivery_tries', 'took_s', 'How long it took, real s'],
    -- warnings
    ['v_warnings|v_warning_levels', 'warning_id', 'Number of the warning: that of its first event'],
    ['v_warnings|v_warning_events', 'first_day', 'First day that it holds, of Asia/Shanghai'],
    ['v_warnings', 'issued_at ended_at', 'When it was issued and ended; data time, UTC'],
    ['v_warnings', 'level', 'Latest level: blue, yellow, orange, red'],
    ['v_warnings', 'highest', 'Highest level that it had'],
    ['v_warnings', 'stands', 'Whether it has not ended'],
    ['v_warning_levels', 'level', 'blue, yellow, orange, red'],
    ['v_warning_levels', 'begins ends', 'From, until before (null: until further notice); data time, UTC'],
    ['v_warning_levels|v_warning_events', 'said', 'Reason that a person gave'],
    ['v_warning_events', 'event_id', 'Number'],
    ['v_warning_events', 'at', 'When; data time, UTC'],
    ['v_warning_events', 'action', 'start, upgrade, downgrade, end'],
    ['v_warning_events', 'level level_before', 'blue, yellow, orange, red; null for none'],
    ['v_warning_events', 'reason condition', 'Condition of the scheme that is met, by name and in words'],
    ['v_warning_events', 'days', 'Days that it stands on, of Asia/Shanghai'],
    ['v_warning_events', 'forecast', 'Issue of the forecast that it stands on; UTC'],
    ['v_warning_events', 'scheme', 'Scheme of warnings'],
    ['v_warning_events', 'why', 'Why it was withdrawn: NOT_SUPPORTED, REPLACED'],
    ['v_warning_plans', 'plan_id', 'Number of the plan'],
    ['v_warning_plans|v_dispatch', 'edition', 'Edition of the city''s plan'],
    ['v_warning_plans', 'file', 'File that it came from'],
    ['v_warning_plans', 'errors', 'Rows of the file that could not be used'],
    ['v_warning_plans', 'latest', 'Whether no later edition is there'],
    ['v_dispatch|v_dispatch_sums|v_receipts', 'dispatch_id', 'Number of the dispatch list'],
    ['v_dispatch|v_dispatch_sums', 'at', 'When the list was made; data time, UTC'],
    ['v_dispatch', 'level_before level_now', 'Level of the warning before and from then on; null for none'],
    ['v_dispatch', 'place', 'Order in the plan'],
    ['v_dispatch', 'line process equipment', 'What of the enterprise it is about'],
    ['v_dispatch', 'level', 'Level of the warning that asks for the measure'],
    ['v_dispatch', 'measure', 'What is to be done'],
    ['v_dispatch', 'so2 nox pm', 'What it cuts, % of all that the city emits'],
    ['v_dispatch', 'change', 'new, changed, same, lifted'],
    ['v_dispatch_sums', 'cut', 'Cuts that it is held against; null if none hold'],
    ['v_dispatch_sums', 'pollutant', 'so2, nox, pm'],
    ['v_dispatch_sums', 'planned required', 'What the orders come to, and what is asked for, % of what the city emits'],
    ['v_dispatch_sums', 'verdict', 'reached, short, no_cut'],
    ['v_receipts', 'issued_at', 'When the list was made; data time, UTC'],
    ['v_receipts', 'received_at', 'When the enterprise had it; data time, UTC'],
    ['v_receipts', 'received_by', 'Who took it'],
    ['v_receipts', 'note', 'What they said']
    ] loop
        call lantian.comment_columns(entry[1], entry[2], entry[3]);
    end loop;
end $$;

comment on view lantian.v_clock is 'The now of the data, one row: in a replay or a demonstration it is not that of the machine.';
comment on view lantian.v_stations is 'Stations as they are at the time of the data: a row a station.';
comment on view lantian.v_station_versions is 'The registry''s history: a row a station and version; of one station they do not overlap.';
comment on view lantian.v_station_limits is 'Limits of stations'' own, of emissions and discharges, as the registry has them: a row a station and factor.';
comment on view lantian.v_station_states is 'Whether stations report: a row a station.';
comment on view lantian.v_factors is 'The factor catalogue: a row a factor.';
comment on view lantian.v_editions is 'Editions of the air regulations.';
comment on view lantian.v_aqi_levels is 'Levels of the AQI with names and official colours, by edition.';
comment on view lantian.v_air_limits is 'Limits of ambient air (GB 3095), by edition, factor and averaging time.';
comment on view lantian.v_sanddust_periods is 'Sand-dust periods that stand, by city.';
comment on view lantian.v_readings is 'Readings that count, as devices and persons left them, forecasts apart: a row a station, factor, period and time. Filter by station_id and time.';
comment on view lantian.v_latest_readings is 'Each station''s newest report of the last seven days of data, a row a factor.';
comment on view lantian.v_forecasts is 'What forecasts said: a row an issue, station, factor and time.';
comment on view lantian.v_rejected is 'Reports that were not taken, whole or in part, and why. What was sent is kept beside it: `lantian rejected`.';
comment on view lantian.v_ledger is 'What the last check of the ledger found: a row a source.';
comment on view lantian.v_hourly is 'Hours of stations of every kind, with what persons'' reviews left: a row a station, hour and factor. Filter by station_id and start.';
comment on view lantian.v_hourly_raw is 'As v_hourly, by devices alone.';
comment on view lantian.v_eight_hours is 'Running 8-hour means of ozone, one beginning with each hour: columns as v_hourly.';
comment on view lantian.v_daily is 'Days of stations, with what persons'' reviews left: a row a station, day and factor.';
comment on view lantian.v_daily_raw is 'As v_daily, by devices alone.';
comment on view lantian.v_daily_without_sanddust is 'As v_daily, with sand-dust periods left out where there were any.';
comment on view lantian.v_air_hourly is 'Hours of air stations with AQI: a row a station and hour.';
comment on view lantian.v_air_daily is 'Days of air stations with AQI: a row a station and day.';
comment on view lantian.v_city_hourly is 'Hours of cities with AQI: a row a city and hour.';
comment on view lantian.v_city_daily is 'Days of cities with AQI and rank: a row a city and day.';
comment on view lantian.v_city_daily_without_sanddust is 'As v_city_daily, with sand-dust periods left out where there were any.';
comment on view lantian.v_station_periods is 'Months, quarters and years of air stations (HJ 663): a row a station and period.';
comment on view lantian.v_city_periods is 'Months, quarters and years of cities (HJ 663) with rank: a row a city and period.';
comment on view lantian.v_city_periods_without_sanddust is 'As v_city_periods, with sand-dust periods left out where there were any.';
comment on view lantian.v_alert_lifecycle is 'What became of each alert, step by step, and how long each took.';
comment on view lantian.v_alert_log is 'What data did to alerts, in the order in which it was written.';

revoke execute on procedure lantian.comment_columns from public;

-- Dashboards' role reads views and nothing else; the reader reads those, too.
do $$
declare
    named text;
begin
    for named in select viewname from pg_views where schemaname = 'lantian' and viewname like 'v\_%' loop
        execute format('grant select on lantian.%I to lantian_viewer, lantian_reader', named);
    end loop;
end $$;
