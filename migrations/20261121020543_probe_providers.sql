-- Why      Credits of a provider and the progress of a batch migration, as numbers, for whoever may see no more than those.
-- Objects  functions ops.probe_openrouter, ops.probe_batches. docs/checks.md grants them.
-- Locks    None; nothing is written. Rollback: drop the functions; checks then say "unknown".

-- Security definer: numbers of the caches, without the answers they were taken from.
create function ops.probe_openrouter(p_now timestamptz)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'credits', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'base_url', left(c.base_url, 200),
        'age_s', extract(epoch from p_now - c.fetched_at),
        'total', case when jsonb_typeof(c.payload #> '{data,total_credits}') = 'number' then c.payload #> '{data,total_credits}' end,
        'used', case when jsonb_typeof(c.payload #> '{data,total_usage}') = 'number' then c.payload #> '{data,total_usage}' end
      ) order by c.base_url), '[]')
      from (select * from ops.openrouter_credits_cache x order by x.base_url limit 100) c
    ),
    'keys', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'base_url', left(k.base_url, 200),
        'age_s', extract(epoch from p_now - k.fetched_at),
        'is_readable', k.payload -> 'data' ? 'limit_remaining',
        'left', case when jsonb_typeof(k.payload #> '{data,limit_remaining}') = 'number' then k.payload #> '{data,limit_remaining}' end
      ) order by k.base_url), '[]')
      from (select * from ops.openrouter_key_cache x order by x.base_url limit 100) k
    ),
    'breakers', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'model', left(b.model, 200), 'open_until', b.open_until, 'failures', b.failure_streak, 'status', b.last_status,
        'error', left(ops.redact_text(b.last_error), 300)
      ) order by b.model), '[]')
      from (select * from ops.openrouter_circuit_breakers x where x.is_open order by x.model limit 200) b
    )
  )
$$;
comment on function ops.probe_openrouter(timestamptz) is
  'OpenRouter, from its caches: credits, what is left of key limits, ages in seconds, and circuit breakers that are open.';
select ops.restrict_function('ops.probe_openrouter(timestamptz)');

-- Security definer: sums of batches and their last errors, without the rest of the logs.
create function ops.probe_batches(p_now timestamptz)
returns table (
  batch text, remaining integer, total integer, migrated bigint, last_status text, silent_s double precision,
  stalled_s double precision, failures bigint, last_error text
)
language sql
stable
security definer
set search_path = ''
as $$
  select b.batch, b.remaining, b.total, b.migrated, b.last_status,
    extract(epoch from p_now - b.last_at)::double precision,
    -- Since something was last moved, or since the first word when nothing ever was.
    extract(epoch from p_now - coalesce(p.moved_at, b.first_at))::double precision,
    f.failures,
    f.last_error
  from ops.migration_batches b
  left join lateral (
    select l.created_at as moved_at
    from (select x.created_at, x.migrated, x.id from ops.migration_logs x where x.batch = b.batch order by x.id desc limit 10000) l
    where l.migrated > 0
    order by l.id desc
    limit 1
  ) p on true
  cross join lateral (
    select count(*) filter (where n.in_streak) as failures,
      (array_agg(left(ops.redact_text(n.error), 300) order by n.id desc) filter (where n.in_streak and n.error is not null))[1]
        as last_error
    from (
      select x.id, x.errors[1] as error, bool_and(x.status <> 'success') over (order by x.id desc) as in_streak
      from (
        select l.id, l.status, l.errors from ops.migration_logs l where l.batch = b.batch order by l.id desc limit 100
      ) x
    ) n
  ) f
  order by b.batch collate "C"
  limit 1000
$$;
comment on function ops.probe_batches(timestamptz) is
  'Batch migrations: what is left, seconds since the last word and since something was last moved, failed batches in a row (up to 100) and the last error.';
select ops.restrict_function('ops.probe_batches(timestamptz)');
