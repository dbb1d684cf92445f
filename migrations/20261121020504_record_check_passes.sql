-- Why      A workflow that comes by now and then sees moments. Whether something is wrong often enough to wake somebody, and well for long
--          enough to be over, can only be counted where all passes meet.
-- Objects  tables ops.check_policies, ops.check_states; functions ops.raise_checked_alerts, ops.note_check_states,
--          ops.calm_checked_alerts, ops.retire_checks, ops.record_check_pass.
-- Locks    One advisory lock (passes wait for each other); rows of ops.alerts in the order of their dedupe keys.
--          Rollback: drop them; alerts of checks stay as they are, for people to resolve.

create table ops.check_policies (
  source text not null,
  check_name text not null,
  policy jsonb not null,
  primary key (source, check_name)
);
comment on table ops.check_policies is 'What the files said about each check at its last pass.';
select ops.restrict_table('ops.check_policies', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.check_policies', '(select ops.is_admin())');

create table ops.check_states (
  source text not null,
  check_name text not null,
  object text not null,
  state text not null check (state in ('ok', 'firing', 'unknown')),
  recent bigint not null,
  recorded_at timestamptz not null,
  primary key (source, check_name, object)
) with (fillfactor = 70);
comment on table ops.check_states is
  'What passes saw lately of everything that was not well, for checks whose alerts need more than one pass (for: N of M); who is well for long enough has no row. What was found is in the alert.';
comment on column ops.check_states.recent is
  'The last 60 passes, the newest in the lowest bit: 1 for not well. Passes are counted, not minutes, so late schedules change nothing. Unknown counts as not well where it is a result of its own.';
select ops.restrict_table('ops.check_states', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.check_states', '(select ops.is_admin())');

-- One statement, because what a pass tells can be long: it is read once. Nested loops are off because the planner takes the
-- thousands of results for a hundred.
create function ops.raise_checked_alerts(p_pass jsonb, p_source text, p_now timestamptz)
returns void
language sql
set search_path = ''
set enable_nestloop = off
as $$
  with policies as materialized (
    select c.check_name, c.policy, c.policy ->> 'group' as group_key,
      least(greatest(coalesce((c.policy #>> '{for,of}')::integer, 1), 1), 60) as passes,
      greatest(coalesce((c.policy #>> '{for,failing}')::integer, 1), 1) as failing,
      jsonb_build_object(
        'owner', c.policy -> 'owner', 'runbook', c.policy -> 'runbook', 'runbook_command', c.policy -> 'runbook_command'
      ) as details
    from ops.check_policies c
    where c.source = p_source
  ), told as materialized (
    select r."check" as check_name, left(coalesce(r.object, ''), 500) as object, r.state, r.severity, coalesce(r.finding, '{}') as finding
    from jsonb_to_recordset(coalesce(p_pass -> 'results', '[]')) as r (
      "check" text, object text, state text, severity text, finding jsonb
    )
  ), results as materialized (
    select distinct on (x.check_name collate "C", x.object collate "C") x.*
    from (
      select * from told
      union all
      -- Nobody says anything about a check that could not look: that is something, too.
      select p.name, '', 'unknown', 'warning', jsonb_build_object(
        'name', 'check_unknown', 'title', 'The check ' || p.name || ' could not look',
        'detail', 'The last pass says neither that all is well nor that something is wrong.'
      )
      from jsonb_object_keys(coalesce(p_pass -> 'policies', '{}')) as p (name)
      where not coalesce(p_pass -> 'evaluated', '[]') ? p.name and not coalesce(p_pass -> 'skipped', '[]') ? p.name
        and not exists (select from told t where t.check_name = p.name and t.state = 'unknown')
    ) x
    -- Of two results for one object the worse one counts.
    order by x.check_name collate "C", x.object collate "C", x.state = 'firing' desc,
      array_position(array['critical', 'warning', 'info'], x.severity)
  ), states as (
    insert into ops.check_states as s (source, check_name, object, state, recent, recorded_at)
    select p_source, r.check_name, r.object, r.state, 1, p_now
    from results r
    join policies p on p.check_name = r.check_name and p.passes > 1
    on conflict (source, check_name, object) do update
    set state = excluded.state,
        recent = (s.recent << 1 | 1) & 1152921504606846975,
        recorded_at = excluded.recorded_at
    returning s.check_name, s.object, s.recent
  )
  insert into ops.alerts as a (
    kind, dedupe_key, severity, title, message, details, status, source, check_name, object, group_key, policy, condition,
    evidence_at, unknown_since, first_seen_at, last_seen_at
  )
  select
    left(coalesce(r.finding ->> 'name', 'check'), 200),
    k.dedupe_key,
    r.severity,
    -- The title of a finding may name the rule alone; an alert is about one object.
    left(
      t.title || case
        when r.object = '' or starts_with(t.title, r.object || ':') then ''
        when length(r.object) >= 4 and strpos(t.title, r.object) > 0 then ''
        else ': ' || r.object
      end,
      300
    ),
    left(coalesce(r.finding ->> 'detail', ''), 8000),
    jsonb_strip_nulls(coalesce(p.details, '{}') || (r.finding - array['name', 'level', 'title', 'detail'])),
    -- Without a row of its own, this pass is all that counts.
    case when bit_count((coalesce(s.recent, 1) & (1::bigint << coalesce(p.passes, 1)) - 1)::bit(64)) >= coalesce(p.failing, 1) then 'active'
      else 'pending'
    end,
    p_source, r.check_name, r.object, p.group_key, coalesce(p.policy, '{}'), r.state,
    case r.state when 'firing' then p_now end,
    case r.state when 'unknown' then p_now end,
    p_now, p_now
  from results r
  left join policies p on p.check_name = r.check_name
  left join states s on s.check_name = r.check_name and s.object = r.object
  cross join lateral (
    select case p_source when 'checks' then 'check' when 'advisories' then 'advice' else p_source end
      || ':' || r.check_name || ':' || r.object as dedupe_key
  ) k
  cross join lateral (select coalesce(nullif(r.finding ->> 'title', ''), r.check_name) as title) t
  order by k.dedupe_key collate "C"
  on conflict (dedupe_key) where resolved_at is null do update
  set -- What could not be looked at says nothing new: what was last seen to be wrong stands.
      kind = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.kind else excluded.kind end,
      severity = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.severity else excluded.severity end,
      title = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.title else excluded.title end,
      message = case when excluded.condition = 'unknown' and a.evidence_at is not null then a.message else excluded.message end,
      details = case
        when excluded.condition = 'unknown' and a.evidence_at is not null then a.details || jsonb_build_object('unknown', excluded.message)
        else excluded.details
      end,
      source = excluded.source,
      check_name = excluded.check_name,
      object = excluded.object,
      group_key = excluded.group_key,
      policy = excluded.policy,
      condition = excluded.condition,
      evidence_at = coalesce(excluded.evidence_at, a.evidence_at),
      unknown_since = case when excluded.condition = 'unknown' then coalesce(a.unknown_since, excluded.unknown_since) end,
      recovering_since = null,
      count = a.count + 1,
      last_seen_at = excluded.last_seen_at,
      -- Once it is an alert it stays one until it is over.
      status = case when a.status = 'pending' then excluded.status else a.status end
$$;
comment on function ops.raise_checked_alerts(jsonb, text, timestamptz) is
  'Part of ops.record_check_pass: an alert for everything this pass told, pending until it was not well in as many of the last passes as its file asks for.';
select ops.restrict_function('ops.raise_checked_alerts(jsonb, text, timestamptz)', 'service_role');

create function ops.note_check_states(p_pass jsonb, p_source text, p_now timestamptz)
returns void
language sql
set search_path = ''
as $$
  update ops.check_states s
  set state = case when coalesce(p_pass -> 'evaluated', '[]') ? s.check_name then 'ok' else 'unknown' end,
      recent = case when coalesce(p_pass -> 'evaluated', '[]') ? s.check_name then s.recent << 1 & 1152921504606846975 else s.recent end,
      recorded_at = p_now
  where s.source = p_source and s.recorded_at < p_now and not coalesce(p_pass -> 'skipped', '[]') ? s.check_name
    and (coalesce(p_pass -> 'evaluated', '[]') ? s.check_name or p_pass -> 'policies' ? s.check_name)
$$;
comment on function ops.note_check_states(jsonb, text, timestamptz) is
  'Part of ops.record_check_pass: what this pass left out is one more bit of everything it looked at.';
select ops.restrict_function('ops.note_check_states(jsonb, text, timestamptz)', 'service_role');

create function ops.calm_checked_alerts(p_pass jsonb, p_source text, p_now timestamptz)
returns void
language sql
set search_path = ''
as $$
  with calm as materialized (
    select a.id, a.condition as before, l.looked,
      l.looked and case a.status
        when 'pending' then bit_count((coalesce(s.recent, 0) & (1::bigint << w.passes) - 1)::bit(64)) = 0
        else p_now - coalesce(a.recovering_since, p_now) >= make_interval(secs => w.hold_open)
      end as is_over
    from ops.alerts a
    left join ops.check_states s on (s.source, s.check_name, s.object) = (a.source, a.check_name, a.object)
    cross join lateral (select coalesce(p_pass -> 'evaluated', '[]') ? a.check_name as looked) l
    cross join lateral (
      select least(greatest(coalesce((a.policy #>> '{for,of}')::integer, 1), 1), 60) as passes,
        greatest(coalesce((a.policy ->> 'hold_open_s')::double precision, 0), 0) as hold_open
    ) w
    where a.resolved_at is null and a.source = p_source and a.last_seen_at < p_now
      and (l.looked or p_pass -> 'policies' ? a.check_name) and not coalesce(p_pass -> 'skipped', '[]') ? a.check_name
    order by a.dedupe_key collate "C"
    for update of a
  )
  update ops.alerts a
  set condition = case when calm.looked then 'recovering' else 'unknown' end,
      -- Time in which nobody could look is no time of being well.
      recovering_since = case when calm.looked then coalesce(a.recovering_since, p_now) end,
      unknown_since = case when not calm.looked then coalesce(a.unknown_since, p_now) end,
      status = case when calm.is_over then 'resolved' else a.status end,
      resolved_at = case when calm.is_over then p_now end,
      resolved_by = case when calm.is_over then p_source end,
      note = case when calm.is_over then 'seen to be well' else a.note end,
      snoozed_until = case when not calm.is_over then a.snoozed_until end
  from calm
  where a.id = calm.id and a.resolved_at is null
    and (calm.is_over or calm.before <> case when calm.looked then 'recovering' else 'unknown' end)
$$;
comment on function ops.calm_checked_alerts(jsonb, text, timestamptz) is
  'Part of ops.record_check_pass: alerts this pass did not tell of recover when it looked, resolve when they were well for hold_open_s, and are unknown when it did not look.';
select ops.restrict_function('ops.calm_checked_alerts(jsonb, text, timestamptz)', 'service_role');

create function ops.retire_checks(p_policies jsonb, p_source text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_retired integer;
begin
  -- A pass that names no check at all is no evidence that all were removed.
  if coalesce(p_policies, '{}') = '{}' then
    return 0;
  end if;
  delete from ops.check_policies c where c.source = p_source and not p_policies ? c.check_name;
  delete from ops.check_states s where s.source = p_source and not p_policies ? s.check_name;
  -- Well for as long as anybody counts, or nobody counts any more: the row says nothing.
  delete from ops.check_states s
  using ops.check_policies c
  cross join lateral (select least(greatest(coalesce((c.policy #>> '{for,of}')::integer, 1), 1), 60) as passes) w
  where s.source = p_source and (c.source, c.check_name) = (s.source, s.check_name)
    and (w.passes = 1 or s.state = 'ok' and s.recent & (1::bigint << w.passes) - 1 = 0);
  select coalesce(ops.resolve_alerts(array_agg(a.dedupe_key), p_source, 'its check is no longer declared'), 0)
  into v_retired
  from ops.alerts a
  where a.resolved_at is null and a.source = p_source and not p_policies ? a.check_name;
  return v_retired;
end
$$;
comment on function ops.retire_checks(jsonb, text) is
  'Part of ops.record_check_pass: forget checks that are no longer declared, and resolve their alerts. Returns how many.';
select ops.restrict_function('ops.retire_checks(jsonb, text)', 'service_role');

-- Memory for the sorts and the transition tables of thousands of alerts: on disk they take as long as everything else together.
create function ops.record_check_pass(p_pass jsonb)
returns jsonb
language plpgsql
set search_path = ''
set work_mem = '64MB'
as $$
declare
  v_source text := coalesce(p_pass ->> 'source', 'checks');
  v_now timestamptz;
  v_at timestamptz;
  v_counts jsonb;
begin
  -- The bytes of "ops" and "pass".
  perform pg_catalog.pg_advisory_xact_lock(7303283, 1885434739);
  v_now := clock_timestamp();
  -- A clock that is ahead of ours must not make all later passes late.
  v_at := least(coalesce((p_pass ->> 'at')::timestamptz, v_now), v_now);
  if v_source !~ '^[a-z][a-z_]{0,39}$' then
    raise exception 'a pass has a source of small letters, not %', left(v_source, 40) using errcode = 'invalid_parameter_value';
  end if;
  insert into ops.watchers as w (name, every, observed_at)
  values (case v_source when 'checks' then 'health' else v_source end, case v_source when 'checks' then interval '5 minutes' else interval '1 day' end, v_at)
  on conflict (name) do update set observed_at = excluded.observed_at where w.observed_at is null or w.observed_at < excluded.observed_at;
  if not found then
    return jsonb_build_object('late', true);
  end if;

  insert into ops.check_policies as c (source, check_name, policy)
  select v_source, e.key, e.value
  from jsonb_each(coalesce(p_pass -> 'policies', '{}')) e
  order by e.key collate "C"
  on conflict (source, check_name) do update set policy = excluded.policy where c.policy <> excluded.policy;
  perform ops.raise_checked_alerts(p_pass, v_source, v_now);
  perform ops.note_check_states(p_pass, v_source, v_now);
  perform ops.calm_checked_alerts(p_pass, v_source, v_now);
  perform ops.retire_checks(p_pass -> 'policies', v_source);
  perform ops.judge_alerts();

  select jsonb_build_object(
    'late', false,
    'pending', count(*) filter (where a.status = 'pending'),
    'active', count(*) filter (where a.status = 'active' and a.muted_by is null),
    'acknowledged', count(*) filter (where a.status = 'acknowledged'),
    'snoozed', count(*) filter (where a.status = 'snoozed'),
    'silenced', count(*) filter (where a.status = 'silenced'),
    'muted', count(*) filter (where a.status = 'active' and a.muted_by is not null),
    'unknown', count(*) filter (where a.status <> 'pending' and a.condition = 'unknown'),
    'recovering', count(*) filter (where a.status <> 'pending' and a.condition = 'recovering'),
    'resolved', (select count(*) from ops.alerts r where r.resolved_at = v_now and r.source = v_source and r.evidence_at is not null)
  )
  into v_counts
  from ops.alerts a
  where a.resolved_at is null;
  return v_counts;
end
$$;
comment on function ops.record_check_pass(jsonb) is
  'Everything one pass over the checks saw: {source?, at, evaluated, skipped?, results: [{check, object, state, severity, finding}], policies}. Counts, raises, holds open, resolves, silences and mutes in one transaction. A pass older than the last recorded one changes nothing. Returns counts of what is not resolved.';
select ops.restrict_function('ops.record_check_pass(jsonb)', 'service_role');
