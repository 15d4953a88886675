-- depends: 0016-heard
-- Who was told what of the alerts' log, by which message, and how often that was tried.

grant usage on schema lantian to lantian_notifier;

-- Up to which place of each city's log it has been decided who is told.
create table lantian.notify_cursor (
    city text primary key,
    place bigint not null
);
insert into lantian.notify_cursor (city, place) select city, length from lantian.alert_chain;

-- A message as it was written down before it was first sent; sent again, it is the same and has the same message_id.
create table lantian.delivery (
    delivery_id bigint generated always as identity primary key,
    message_id text not null unique,
    target text not null,
    title text not null,
    body text not null,
    severity text not null check (severity in ('info', 'warning', 'severe', 'critical')),
    region text not null,
    document text not null,
    written_at timestamptz not null,
    fate text not null check (fate in ('to-send', 'delivered', 'given-up')),
    tries integer not null default 0,
    again_at timestamptz,
    ended_at timestamptz
);
create index on lantian.delivery (target, again_at) where fate = 'to-send';

-- Each try; failure is null for one that a receiver confirmed.
create table lantian.delivery_try (
    delivery_id bigint not null references lantian.delivery,
    number integer not null,
    target text not null,
    at timestamptz not null,
    failure text check (failure in ('refused', 'busy', 'unreachable', 'unknown')),
    detail text not null,
    took_s double precision not null,
    primary key (delivery_id, number)
);
create index on lantian.delivery_try (target, at);

-- What a target is to be told; key: the entry of the log, or another name for ever. state waiting: in no message yet;
-- hidden: a silence or a warning holds it back; written: in the message delivery_id; undone: over before anybody heard
-- of it; given-up: it could not be told to this target.
create table lantian.notification (
    notification_id bigint generated always as identity primary key,
    target text not null,
    key text not null,
    thread text not null,
    addressees text[] not null,
    alert_id bigint references lantian.alert,
    state text not null check (state in ('waiting', 'hidden', 'written', 'undone', 'given-up')),
    why text,
    made_at timestamptz not null,
    due_at timestamptz not null,
    delivery_id bigint references lantian.delivery,
    telling text not null,
    unique (target, key)
);
create index on lantian.notification (target, due_at) where state = 'waiting';
create index on lantian.notification (notification_id) where state = 'hidden';
create index on lantian.notification (thread, target);
create index on lantian.notification (alert_id);
create index on lantian.notification (delivery_id);

-- A target that does not answer: failures in a row, and until when it is left in peace.
create table lantian.notify_target (
    target text primary key,
    failures integer not null,
    paused_until timestamptz
);

grant select on lantian.alert, lantian.alert_log, lantian.alert_chain, lantian.alert_silence, lantian.v_stations,
    lantian.stop_work_order, lantian.alert_handling to lantian_notifier;
grant select, insert, update on lantian.notify_cursor, lantian.notify_target to lantian_notifier;
-- What was to be told, and in which words, nobody changes afterwards.
grant select, insert on lantian.delivery, lantian.notification to lantian_notifier;
grant update (fate, tries, again_at, ended_at) on lantian.delivery to lantian_notifier;
grant update (state, why, due_at, delivery_id) on lantian.notification to lantian_notifier;
grant select, insert on lantian.delivery_try to lantian_notifier;

create view lantian.v_notifications as
select notification_id, target, key, thread, addressees, alert_id, state, why, made_at, due_at, delivery_id
from lantian.notification;
comment on view lantian.v_notifications is
'Who was to be told what: a row a target and entry of the log (key: city#place). Times are data time, UTC.';

create view lantian.v_deliveries as
select delivery_id, message_id, target, title, severity, region, written_at, fate, tries, again_at, ended_at
from lantian.delivery;
comment on view lantian.v_deliveries is
'Messages: what became of each, after how many tries. Times are data time, UTC.';

create view lantian.v_delivery_tries as
select delivery_id, number, target, at, failure, detail, took_s from lantian.delivery_try;
comment on view lantian.v_delivery_tries is
'Every try of a message; failure is null where the receiver confirmed it; took_s real seconds. at is data time, UTC.';
grant select on lantian.v_notifications, lantian.v_deliveries, lantian.v_delivery_tries, lantian.notify_cursor
    to lantian_reader;
