-- Which provider and rules a session rests on; null: a token.
alter table session add column login text;
