-- Until when a station has anything rejected: a later report need not be compared with it.
create index on lantian.rejected (station, time);
