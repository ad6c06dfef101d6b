-- What is watched. Rows of a file (`origin = 'file'`) follow that file; rows of the API are edited there.
create table endpoint (
  id text primary key,
  name text not null,
  -- https://, mqtts:// or tls://, without secrets
  target text not null,
  -- the rest of a `WatchedEndpoint`: sni, connect, method, references to secrets, fleets, thresholds
  settings jsonb not null,
  vantages text[] not null,
  every_seconds integer not null check (every_seconds >= 1),
  origin text not null check (origin in ('file', 'api')),
  -- the next slot that is to be probed
  due_at timestamptz not null,
  created_at timestamptz not null,
  removed_at timestamptz
);
create index endpoint_due on endpoint (due_at) where removed_at is null;

create table fleet (
  id text primary key,
  name text not null,
  device text not null,
  device_count bigint not null check (device_count >= 0),
  -- certificates held, verification, clock, texts of profile files
  settings jsonb not null,
  -- as in the config
  position integer not null,
  origin text not null check (origin in ('file', 'api')),
  created_at timestamptz not null,
  removed_at timestamptz
);

create table channel (
  id text primary key,
  kind text not null,
  name text not null,
  -- the rest of a `Channel`
  settings jsonb not null,
  -- sealed: URL, keys and passwords
  secret bytea,
  origin text not null check (origin in ('file', 'api')),
  created_at timestamptz not null,
  removed_at timestamptz
);

create table credential (
  name text primary key,
  secret bytea not null,
  created_at timestamptz not null
);

create table setting (
  name text primary key,
  value jsonb not null
);

-- What was seen. Each distinct chain, observation and set of observations is kept once, by its SHA-256.
create table chain (
  digest bytea primary key,
  -- DER, one after the other, each behind its length in 4 bytes
  certificates bytea not null,
  certificate_count integer not null,
  chain_bytes integer not null,
  first_seen timestamptz not null
);

create table observation (
  digest bytea primary key,
  -- gzip of tlsfit/observation@1; certificates stand in `chain`
  body bytea not null,
  -- when it was put in last
  put_at timestamptz not null
);

create table sighting (
  digest bytea primary key,
  -- [{ plan, observation }] in a fixed order
  members jsonb not null,
  put_at timestamptz not null
);
create index sighting_members on sighting using gin (members jsonb_path_ops);

-- One row for each slot of an endpoint and vantage point: what a job of the queue came to.
create table probe (
  endpoint_id text not null,
  vantage text not null,
  slot timestamptz not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  connections integer not null,
  bytes_received bigint not null,
  attempts integer not null,
  -- undefined where nothing was reached from here
  sighting bytea,
  failure text,
  primary key (endpoint_id, vantage, slot)
) partition by range (slot);
create index probe_sighting on probe (sighting);

-- How an endpoint stands from one vantage point, after the last round that counts.
create table standing (
  endpoint_id text not null,
  vantage text not null,
  -- a job for this slot waits, or is under way
  queued_slot timestamptz,
  slot timestamptz,
  -- the last slot in which it was reached, and what was seen then
  reached_slot timestamptz,
  sighting bytea,
  -- text as written: what is the same is found so without looking into it
  snapshot json,
  -- `EndpointMemory`
  memory json,
  -- SHA-256 of all summaries: as long as it is the same, no verdict is written
  verdicts bytea,
  -- `FleetForecast[]`, and when they were made
  forecasts json,
  forecast_at timestamptz,
  unreached_since timestamptz,
  failure text,
  attempts integer not null default 0,
  primary key (endpoint_id, vantage)
);

-- What the judge says now, for each fleet. Written where it differs from before; when it was judged last is in `standing`.
create table verdict (
  endpoint_id text not null,
  vantage text not null,
  fleet_id text not null,
  state text not null,
  stage text,
  -- the limit with the least room: { limit, counts, unit, left, limitValue }
  nearest jsonb,
  -- room left as a share of the limit, for sorting; null where no limit is known
  room double precision,
  summary jsonb not null,
  sighting bytea,
  since timestamptz not null,
  judged_at timestamptz not null,
  primary key (endpoint_id, vantage, fleet_id)
);
create index verdict_room on verdict (room);

create table verdict_history (
  endpoint_id text not null,
  vantage text not null,
  fleet_id text not null,
  at timestamptz not null,
  state text not null,
  stage text,
  nearest jsonb,
  primary key (endpoint_id, vantage, fleet_id, at)
) partition by range (at);

-- What of an endpoint is compared: one row each time that it differs from the one before.
create table snapshot (
  endpoint_id text not null,
  vantage text not null,
  at timestamptz not null,
  body jsonb not null,
  primary key (endpoint_id, vantage, at)
) partition by range (at);

create table change (
  id bigint generated always as identity,
  endpoint_id text not null,
  vantage text not null,
  at timestamptz not null,
  kind text not null,
  detail jsonb not null,
  primary key (id, at)
) partition by range (at);
create index change_of_endpoint on change (endpoint_id, at);

-- What somebody should know. One row a cause as long as it holds.
create table alert (
  id bigint generated always as identity primary key,
  endpoint_id text not null,
  cause text not null,
  kind text not null,
  severity text not null,
  fleet_ids text[] not null,
  device_count bigint not null,
  -- the `Condition`, as of its last update
  condition jsonb not null,
  raised_at timestamptz not null,
  updated_at timestamptz not null,
  recovered_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  muted_until timestamptz,
  -- ids of the channels that know of it
  told_to text[] not null default '{}'
);
create unique index alert_open on alert (endpoint_id, cause) where recovered_at is null;
create index alert_of_endpoint on alert (endpoint_id, raised_at);

-- What is to be told to a channel: written in the transaction of the alert, told after it.
create table delivery (
  id bigint generated always as identity primary key,
  alert_id bigint not null references alert (id) on delete cascade,
  -- `raise`, `recover`, or `update` and `remind` with their time: which telling of this alert
  event text not null,
  channel_id text not null,
  -- `DeliveryBody`
  body jsonb not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null,
  attempts integer not null default 0,
  -- until then it is being told by the process that took it
  leased_until timestamptz,
  delivered_at timestamptz,
  given_up_at timestamptz,
  -- told with a later one of the same alert and channel, since this one had not got through by then
  merged_into bigint,
  last_error text,
  unique (alert_id, event, channel_id)
);
create index delivery_due on delivery (due_at)
  where delivered_at is null and given_up_at is null and merged_into is null;

create table silence (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('mute', 'maintenance')),
  -- null: all
  endpoint_id text,
  fleet_id text,
  cause text,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason text not null,
  created_by text not null,
  created_at timestamptz not null
);

create table token (
  id text primary key,
  name text not null,
  -- SHA-256 of the token
  digest bytea not null unique,
  scope text not null check (scope in ('read', 'write', 'admin')),
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);

create table session (
  digest bytea primary key,
  subject text not null,
  scope text not null,
  csrf text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null
);

-- What is new, for whoever listens: read forward by id, kept for a day.
create table event (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  kind text not null,
  endpoint_id text,
  detail jsonb not null
);
create index event_at on event (at);

create table worker (
  id text primary key,
  vantage text not null,
  version text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  probes bigint not null default 0
);
