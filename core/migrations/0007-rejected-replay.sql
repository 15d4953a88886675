-- depends: 0005-closing
-- Who had which rejected report judged again, when and why. Written before it is sent: without sent_at, it may or may
-- not have reached Kafka, and sending it again is harmless. Nothing is ever taken out or changed but sent_at.

grant usage on schema lantian to lantian_repair;

create table lantian.rejected_replay (
    replay_id bigint generated always as identity primary key,
    rejected_id bigint not null,
    asked_at timestamptz not null,
    asked_by text not null,
    why text not null check (why <> ''),
    sent_at timestamptz
);
create index on lantian.rejected_replay (rejected_id);

grant select on lantian.rejected, lantian.closed_day to lantian_repair;
grant select, insert, update (sent_at) on lantian.rejected_replay to lantian_repair;
