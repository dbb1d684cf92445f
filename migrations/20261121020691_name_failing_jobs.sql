-- Why      `sync: sql_error` as the title of an issue says nothing to whoever is woken by it.
-- Objects  function ops.judge_jobs (replaced): the title alone is another.
-- Locks    None. Rollback: replace it by its former text.

create or replace function ops.judge_jobs(p_jobs text[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform ops.resolve_alert('job:' || j.job)
  from unnest(p_jobs) as j (job)
  cross join lateral (
    select r.status
    from ops.cron_runs r
    where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
    order by r.id desc
    limit 1
  ) last_run
  where last_run.status = 'succeeded';

  perform ops.raise_alert(
    case when f.error_code in ('secret_missing', 'extension_missing') then f.error_code else 'job_failed' end,
    'job:' || f.job,
    coalesce(f.definition #>> '{alert,severity}', 'warning'),
    format('Job %s fails: %s', f.job, f.error_code),
    coalesce(f.error, f.error_code),
    jsonb_strip_nulls(jsonb_build_object(
      'job', f.job,
      'run_id', f.id,
      'scheduled_for', f.scheduled_for,
      'status', f.status,
      'error_code', f.error_code,
      'http_status', f.http_status,
      'attempts', f.attempt,
      'failures_before_alert', f.after,
      'owner', f.definition ->> 'owner',
      'runbook', f.definition #>> '{alert,runbook}'
    ))
  )
  from (
    select last_run.*, d.definition, p.after
    from unnest(p_jobs) as j (job)
    left join ops.job_definitions d on d.name = j.job
    cross join lateral (select greatest(1, coalesce((d.definition #>> '{alert,after}')::integer, 1)) as after) p
    cross join lateral (
      select r.*
      from ops.cron_runs r
      where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      order by r.id desc
      limit 1
    ) last_run
    where last_run.status <> 'succeeded'
      and (
        -- What no retry can heal is said at once.
        last_run.error_code in (
          'secret_missing', 'secret_invalid', 'url_invalid', 'extension_missing', 'definition_missing', 'definition_invalid'
        )
        or p.after = (
          select count(*) filter (where recent.status <> 'succeeded')
          from (
            select r.status
            from ops.cron_runs r
            where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
            order by r.id desc
            limit p.after
          ) recent
        )
      )
  ) f;
end
$$;
