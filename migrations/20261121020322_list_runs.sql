-- Why      People look at their runs, and follow one.
-- Objects  functions ops.list_runs, ops.get_run, ops.list_run_events.
-- Locks    None. Rollback: drop the functions.

create function ops.list_runs(
  p_status text default null,
  p_template text default null,
  p_env text default null,
  p_before uuid default null,
  p_limit integer default 50
)
returns setof ops.runs
language plpgsql
stable
set search_path = ''
as $$
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
begin
  -- What row level security would leave of all runs is asked for by name, so that the index of one's own runs is used.
  if current_user = 'authenticated' and not ops.is_admin() then
    return query
      select r.* from ops.runs r
      where r.created_by = ops.current_user_id() and r.id < v_before
        and (p_status is null or r.status = p_status) and (p_template is null or r.template = p_template)
        and (p_env is null or r.env = p_env)
      order by r.id desc
      limit v_limit;
  elsif p_template is not null then
    return query
      select r.* from ops.runs r
      where r.template = p_template and r.id < v_before
        and (p_status is null or r.status = p_status) and (p_env is null or r.env = p_env)
      order by r.id desc
      limit v_limit;
  else
    return query
      select r.* from ops.runs r
      where r.id < v_before and (p_status is null or r.status = p_status) and (p_env is null or r.env = p_env)
      order by r.id desc
      limit v_limit;
  end if;
end
$$;
comment on function ops.list_runs(text, text, text, uuid, integer) is
  'Runs of runbooks, newest first: one''s own, all for admins. The next page: pass the smallest id seen as p_before. Runs of schedules: ops.list_cron_runs.';
select ops.restrict_function('ops.list_runs(text, text, text, uuid, integer)', 'authenticated', 'service_role');

create function ops.get_run(p_run_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(r) || jsonb_build_object(
    'artifacts', (
      select coalesce(jsonb_agg(to_jsonb(a) order by a.id), '[]') from ops.artifacts a where a.run_id = r.id
    ),
    'last_events', (
      select coalesce(jsonb_agg(to_jsonb(e) order by e.at, e.attempt, e.seq), '[]')
      from (
        select e.at, e.attempt, e.seq, e.level, e.source, e.message, e.data
        from ops.run_events e
        where e.run_id = r.id
        order by e.attempt desc, e.seq desc
        limit 20
      ) e
    )
  )
  from ops.runs r
  where r.id = p_run_id
$$;
comment on function ops.get_run(uuid) is 'One run with its artifacts and the last lines of its log; null when there is none, or it is not yours.';
select ops.restrict_function('ops.get_run(uuid)', 'authenticated', 'service_role');

create function ops.list_run_events(
  p_run_id uuid, p_after_attempt integer default -1, p_after_seq integer default 0, p_limit integer default 500
)
returns setof ops.run_events
language sql
stable
set search_path = ''
as $$
  select e.*
  from ops.run_events e
  where e.run_id = p_run_id and (e.attempt, e.seq) > (coalesce(p_after_attempt, -1), coalesce(p_after_seq, 0))
  order by e.attempt, e.seq
  limit least(greatest(coalesce(p_limit, 500), 1), 5000)
$$;
comment on function ops.list_run_events(uuid, integer, integer, integer) is
  'The log of a run in order; attempt 0 is the control room''s own. The next page: pass attempt and seq of the last line seen.';
select ops.restrict_function('ops.list_run_events(uuid, integer, integer, integer)', 'authenticated', 'service_role');
