-- Not every round sends every hello: what the rounds between two thorough ones look at, and for how long all else stands.
alter table standing
  -- the last round that sent every hello: what is said of the endpoint is of then
  add column thorough_slot timestamptz,
  -- `SpotCheck`; null: the next round is thorough
  add column spot json,
  -- `Settled`; null: the next round asks what is to be told
  add column settled json;
