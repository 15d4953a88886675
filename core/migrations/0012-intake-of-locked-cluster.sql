-- Intake is copied in: its cluster is the one whose offsets the transaction has locked (core.offsets.lock).
alter table lantian.intake alter column cluster set default current_setting('lantian.cluster');
