-- Up Migration
-- How many processors a page of the workspace's LIST may hold, and since when: null until a page was too long to read.

alter table workspaces
  add column page_size integer not null default 500 check (page_size between 1 and 500),
  add column page_size_at timestamptz;
