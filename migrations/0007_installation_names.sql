-- Up Migration
-- Which installation of Headgate this is, and what its task queue in Temporal is called: two installations may share one
-- namespace. The names of its Schedule and its runs begin with that of the task queue.
create table installation_names (
  only_one boolean primary key default true check (only_one),
  id text not null check (id ~ '^[0-9a-f]{8}$'),
  task_queue text not null check (length(task_queue) between 1 and 100)
);

-- An installation that has worked before keeps the name under which its runs are open.
insert into installation_names (id, task_queue)
  select made.id, case when exists (select from installation) then 'headgate' else 'headgate-' || made.id end
  from (select substr(gen_random_uuid()::text, 1, 8) as id) made;
