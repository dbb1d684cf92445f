-- Why      A request that was doubled on its way starts two runs, and only one of them answers. The other was noticed when it wanted to write; one that never
--          did went on unseen.
-- Objects  column ops.build_dispatches.doubles_sought_at; functions ops.sent_dispatches, ops.settle_doubles.
-- Locks    ACCESS EXCLUSIVE on ops.build_dispatches for a moment (a column). Rollback: drop the functions and the column.

alter table ops.build_dispatches add column if not exists doubles_sought_at timestamptz;
comment on column ops.build_dispatches.doubles_sought_at is 'When GitHub''s list was searched for other runs of the same name, long enough after GitHub was told.';
create index build_dispatches_unsought on ops.build_dispatches (posted_at) where state = 'sent' and doubles_sought_at is null;

create function ops.sent_dispatches(p_after interval default '3 minutes', p_limit integer default 100, p_repositories text[] default null)
returns table (
  build_id uuid, attempt integer, repository text, workflow text, ref text, github_run_id bigint, posted_at timestamptz
)
language sql
stable
set search_path = ''
as $$
  select d.build_id, d.attempt, d.repository, d.workflow, d.ref, d.github_run_id, d.posted_at
  from ops.build_dispatches d
  where d.state = 'sent' and d.doubles_sought_at is null and d.github_run_id is not null
    and d.posted_at > clock_timestamp() - interval '1 day' and d.posted_at < clock_timestamp() - p_after
    and (p_repositories is null or lower(d.repository) in (select lower(r) from unnest(p_repositories) r))
  order by d.posted_at
  limit least(greatest(p_limit, 1), 1000)
$$;
comment on function ops.sent_dispatches(interval, integer, text[]) is
  'Orders GitHub was told so long ago that its list must show every run made of them, and that nobody searched for doubles yet.';
select ops.restrict_function('ops.sent_dispatches(interval, integer, text[])', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.settle_doubles(p_build_id uuid, p_attempt integer, p_github_run_ids bigint[])
returns void
language sql
security definer
set search_path = ''
as $$
  update ops.build_dispatches d
  set doubles_sought_at = clock_timestamp(),
      extra_runs = (array(select distinct e from unnest(d.extra_runs || p_github_run_ids) e where e <> d.github_run_id))[:100]
  where d.build_id = p_build_id and d.attempt = p_attempt and d.state = 'sent'
$$;
comment on function ops.settle_doubles(uuid, integer, bigint[]) is
  'The other runs that carry the name of an order, to be cancelled; or none, and nobody searches again.';
select ops.restrict_function('ops.settle_doubles(uuid, integer, bigint[])', 'service_role');
