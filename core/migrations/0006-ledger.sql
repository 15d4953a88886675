-- depends: 0005-closing
-- What the ledger found when it was last struck, by source, and which spans of `intake` closing days has folded.

-- A row a source, all of one check; missing … doubled as `lantian ledger` counts them. breaks: of the chain of
-- `intake`, of all sources together, the same in each row. checked_at: the machine's clock. numeric: one number of a run
-- is a bigint, and two runs may have more.
create table lantian.ledger_audit (
    source smallint primary key,
    accounts bigint not null,
    unbalanced bigint not null,
    due numeric not null,
    in_flight numeric not null,
    missing numeric not null,
    readings bigint not null,
    unaccounted bigint not null,
    doubled bigint not null,
    breaks bigint not null,
    checked_at timestamptz not null,
    seconds double precision not null
);

-- Offsets are a cluster's: another's begin anew, and are the same numbers of other records.
alter table lantian.intake add column cluster text not null default '';
alter table lantian.intake alter column cluster drop default;

-- The offsets of rows of `intake` that were folded into closed_counts: a gap there has lost nothing.
create table lantian.intake_folded (
    cluster text,
    partition smallint,
    spans int8multirange not null,
    primary key (cluster, partition)
);
-- What was taken before `intake` told its cluster cannot be told apart any more, and counts as folded.
insert into lantian.intake_folded
    select cluster, partition, int8multirange(int8range(0, next_offset)) from lantian.consumer_offset
    where consumer = 'worker' and topic = 'lantian.reports.v1' and next_offset > 0;

grant select, insert, update on lantian.ledger_audit to lantian_worker;
grant select on lantian.intake_folded to lantian_worker;
grant select, insert, update on lantian.intake_folded to lantian_archive;
-- The audit is the worker's: it reads what was closed as well.
grant select on lantian.closed_day, lantian.closed_numbers, lantian.closed_counts, lantian.closed_payloads
    to lantian_worker;
