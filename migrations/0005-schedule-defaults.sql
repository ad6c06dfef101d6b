-- Null: that of the defaults, which `setting` has under `schedule`.
alter table endpoint alter column every_seconds drop not null;
