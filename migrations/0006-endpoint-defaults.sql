-- Thresholds of an endpoint are its own now: a copy of the defaults, of the file or as built in, is none.
update endpoint set settings = settings - 'thresholds' where settings -> 'thresholds' = coalesce(
  (select value -> 'thresholds' from setting where name = 'watch'),
  '{"room": {"percent": 10}, "shrink": {"percent": 10},
    "expiryDays": {"leaf": 14, "intermediate": 60, "root": 180, "anchor": 365}}');
