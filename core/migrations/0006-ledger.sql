-- depends: 0005-closing
-- What the ledger found when it was last struck, by source, and which spans of `intake` closing days has folded.

-- A row a source, all of one check; missing … doubled as `lantian ledger` counts them. breaks: of the chain of
-- `intake`, of all sources together, the same in each row. checked_at: the machine's clock.
create table lantian.ledger_audit (
    source smallint primary key,
    accounts bigint not null,
    unbalanced bigint not null,
    due bigint not null,
    in_flight bigint not null,
    missing bigint not null,
    readings bigint not null,
    unaccounted bigint not null,
    doubled bigint not null,
    breaks bigint not null,
    checked_at timestamptz not null,
    seconds double precision not null
);

-- The offsets of rows of `intake` that were folded into closed_counts: a gap there has lost nothing.
create table lantian.intake_folded (
    partition smallint primary key,
    spans int8multirange not null
);

grant select, insert, update on lantian.ledger_audit to lantian_worker;
grant select on lantian.intake_folded to lantian_worker;
grant select, insert, update on lantian.intake_folded to lantian_archive;
-- The audit is the worker's: it reads what was closed as well.
grant select on lantian.closed_day, lantian.closed_numbers, lantian.closed_counts, lantian.closed_payloads
    to lantian_worker;
