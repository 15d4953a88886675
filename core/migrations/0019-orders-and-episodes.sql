-- depends: 0018-alert-accounts
-- An alert may have several stop-work orders, one after the other; what a person closed, a person may open again.

alter table lantian.stop_work_order
    add column number smallint not null default 1 check (number > 0),
    drop constraint stop_work_order_pkey,
    add primary key (alert_id, number),
    drop constraint stop_work_order_stage_check,
    add check (stage in
        ('proposed', 'confirmed', 'issued', 'received', 'lifted', 'declined', 'withdrawn', 'handed-on'));
alter table lantian.stop_work_order alter column number drop default;
create unique index on lantian.stop_work_order (alert_id)
    where stage in ('proposed', 'confirmed', 'issued', 'received');
comment on table lantian.stop_work_order is
'The orders of an alert by number: only the latest may stand. last_by, last_at, why: who brought it to its stage (null: the engine).';

-- Persons decide about orders; they neither flag one nor say when it was proposed, or for what.
revoke update on lantian.stop_work_order from lantian_operator;
grant update (stage, last_by, last_at, why) on lantian.stop_work_order to lantian_operator;

create or replace view lantian.v_stop_work_orders as
select alert_id, kind, stage, flagged, proposed_at, last_by, last_at, why, number as order_number
from lantian.stop_work_order;
comment on view lantian.v_stop_work_orders is
'Stop-work orders, of each alert by order_number, only the latest may stand; flagged: in force although the data has withdrawn its ground; handed-on: it goes on with the alert that this one was merged into. last_by is null where the engine did it.';

-- reopened_at says from now on only that data reopened what waits at its stage, or what was closed after it was.
update lantian.alert_handling set reopened_at = null where closed_at >= reopened_at;
update lantian.alert_handling set reopened_at = null
where acknowledged_by is null and dispatched_by is null and fed_back_by is null and doubted_by is null;

-- Where more is to be found about a feedback or a doubt: said again with another one, it is not the same.
alter table lantian.alert_handling
    add column feedback_reference text,
    add column doubt_reference text;
update lantian.alert_handling h set
    feedback_reference = (
        select l.detail::json ->> 'reference' from lantian.alert_log l
        where l.alert_id = h.alert_id and l.subject = 'handling' and l.happening = 'feedback' and h.fed_back_by is not null
        order by l.log_id desc limit 1),
    doubt_reference = (
        select l.detail::json ->> 'reference' from lantian.alert_log l
        where l.alert_id = h.alert_id and l.subject = 'handling' and l.happening = 'false-alarm' and h.doubted_by is not null
        order by l.log_id desc limit 1);
create or replace view lantian.v_alert_handling as
select h.alert_id, h.stage, h.acknowledged_by, h.acknowledged_at, h.acknowledgement, h.unit, h.dispatched_by, h.dispatched_at,
    h.dispatch_text, h.deadline, h.fed_back_by, h.fed_back_at, h.feedback, h.doubted_by, h.doubted_at, h.doubt,
    h.closed_by, h.closed_at, h.verdict, h.reopened_at, h.feedback_reference, h.doubt_reference
from lantian.alert_handling h;

-- When an episode ended: cleared_at is the end of the window that showed it.
create view lantian.v_alert_ends as
select alert_id, ended_start as ends from lantian.alert where state <> 'withdrawn';
comment on view lantian.v_alert_ends is
'When what an alert tells of ended: the start of the window that cleared it (v_alerts.cleared_at is that one''s end); null while it lasts.';
grant select on lantian.v_alert_ends to lantian_reader;
