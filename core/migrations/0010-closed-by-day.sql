-- depends: 0009-sanddust
-- Of a live day the worker asks whether it is closed for anybody, not for each station.

create index on lantian.closed_day (day);
