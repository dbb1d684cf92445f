-- Why      Checks that do not run find nothing, and that looks just like being well. So who checks leaves a mark, and the database, which
--          has a clock of its own, raises an alert when the mark gets old.
-- Objects  table ops.watchers; functions ops.record_heartbeat, ops.watch_watchers.
-- Locks    New objects only. Rollback: drop them; nobody notices when the health workflow stops.

create table ops.watchers (
  name text primary key,
  every interval not null check (every > interval '0'),
  silent_after integer not null default 6 check (silent_after > 0),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz,
  observed_at timestamptz,
  projected_at timestamptz,
  run_url text,
  result text
);
comment on table ops.watchers is 'Who looks after us from outside, and when they last came by.';
comment on column ops.watchers.silent_after is 'How many intervals without a sign of life make an alert. GitHub delays schedules, so one or two mean nothing.';
comment on column ops.watchers.observed_at is 'The moment the last recorded pass looked at; an older pass changes nothing.';
comment on column ops.watchers.projected_at is 'When issues last said all that alerts say.';
select ops.restrict_table('ops.watchers', 'select', 'insert', 'update');
select ops.allow_read('ops.watchers', '(select ops.is_admin())');

create function ops.record_heartbeat(
  p_name text, p_every interval, p_run_url text default null, p_result text default null, p_projected boolean default false
)
returns void
language sql
set search_path = ''
as $$
  insert into ops.watchers as w (name, every, last_seen_at, run_url, result, projected_at)
  values (
    p_name, p_every, clock_timestamp(), left(p_run_url, 500), left(p_result, 200), case when p_projected then clock_timestamp() end
  )
  on conflict (name) do update
  set every = excluded.every,
      last_seen_at = excluded.last_seen_at,
      run_url = excluded.run_url,
      result = excluded.result,
      projected_at = coalesce(excluded.projected_at, w.projected_at)
$$;
comment on function ops.record_heartbeat(text, interval, text, text, boolean) is
  'A sign of life of a watcher, its last deed: an alert about its silence is first shown by the run that comes back, and resolved after it.';
select ops.restrict_function('ops.record_heartbeat(text, interval, text, text, boolean)', 'service_role');

create function ops.watch_watchers()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_silent jsonb;
begin
  -- Never seen is silent too, from the first time anybody looks.
  insert into ops.watchers (name, every) values ('health', interval '5 minutes') on conflict do nothing;
  select coalesce(jsonb_agg(jsonb_build_object(
    'kind', 'watcher_silent',
    'dedupe_key', 'watcher:' || w.name,
    'severity', case when l.quiet > 4 * w.silent_after * w.every then 'critical' else 'warning' end,
    'title', format('The workflow %s does not come by any more', w.name),
    'message', format(
      'It comes every %s and was last seen %s. While it is away nothing is checked from outside, and nothing becomes an issue. What to do: look at the runs of the workflow; GitHub disables schedules after 60 days without activity in a public repository, and when who wrote the schedule leaves.',
      w.every, coalesce(to_char(w.last_seen_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), 'never')
    ),
    'details', jsonb_strip_nulls(jsonb_build_object(
      'watcher', w.name, 'every', w.every::text, 'last_seen_at', w.last_seen_at, 'last_run', w.run_url
    ))
  ) order by w.name), '[]')
  into v_silent
  from ops.watchers w
  cross join lateral (select clock_timestamp() - coalesce(w.last_seen_at, w.created_at) as quiet) l
  where l.quiet > w.silent_after * w.every;

  perform ops.raise_alerts(v_silent);
  perform ops.resolve_alerts(array_agg(a.dedupe_key), 'watch_watchers', 'it came by')
  from ops.alerts a
  where a.kind = 'watcher_silent' and a.resolved_at is null
    and not v_silent @> jsonb_build_array(jsonb_build_object('dedupe_key', a.dedupe_key));
  return jsonb_array_length(v_silent);
end
$$;
comment on function ops.watch_watchers() is
  'Raise an alert per watcher that was silent for silent_after intervals, resolve it once it is back. Called by cron. Returns how many are silent.';
select ops.restrict_function('ops.watch_watchers()');
