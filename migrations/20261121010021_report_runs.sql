-- Why      The third truth: a function proves by its one-time token that it was called by us, and says how it went.
-- Objects  functions ops.redeem_run_token, ops.redact_result, ops.report_run.
-- Locks    One token, one run. Rollback: drop the functions; calls with run_token are then refused by their functions.

-- Security definer: service_role (an Edge Function) may use a token it was given, but neither read nor write tokens and runs.
create function ops.redeem_run_token(p_token text, p_job text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run record;
begin
  update ops.run_tokens t
  set redeemed_at = clock_timestamp()
  from ops.cron_runs r
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'))
    and t.job = p_job
    and t.redeemed_at is null
    and t.expires_at > clock_timestamp()
    -- A request that arrives after its run was given up, or tried again, must not run as well.
    and r.id = t.run_id
    and r.attempt = t.attempt
    and r.status = 'fired'
    and r.next_attempt_at is null
  returning t.run_id, t.attempt, t.job, r.scheduled_for into v_run;
  return jsonb_build_object(
    'ok', v_run.run_id is not null,
    'run_id', v_run.run_id,
    'attempt', v_run.attempt,
    'job', v_run.job,
    'scheduled_for', v_run.scheduled_for
  );
end
$$;
comment on function ops.redeem_run_token(text, text) is
  'Use a run token: {ok, run_id, attempt, job, scheduled_for}. The second use, another job, an expired or superseded try all answer the same {ok: false}.';
select ops.restrict_function('ops.redeem_run_token(text, text)', 'service_role');

create function ops.redact_result(p_result jsonb, p_secret_names text[])
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  if length(p_result::text) > 32768 then
    return jsonb_build_object('truncated', true, 'characters', length(p_result::text));
  end if;
  return ops.redact_values(p_result::text, p_secret_names)::jsonb;
exception
  when others then
    return '{"redacted": true}';
end
$$;
comment on function ops.redact_result(jsonb, text[]) is 'A reported result without tokens and secrets, or how long it was when that is more than 32 kB.';
select ops.restrict_function('ops.redact_result(jsonb, text[])');

-- Security definer, as ops.redeem_run_token.
create function ops.report_run(p_token text, p_ok boolean, p_result jsonb default null, p_error text default null)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_token record;
  v_run record;
begin
  select t.token_hash, t.run_id, t.attempt
  into v_token
  from ops.run_tokens t
  where t.token_hash = sha256(convert_to(p_token, 'UTF8')) and t.reported_at is null and t.expires_at > v_now
  for update;
  if not found or p_ok is null then
    return false;
  end if;
  select r.job, r.status, d.definition
  into v_run
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  where r.id = v_token.run_id and r.attempt = v_token.attempt and r.status not in ('queued', 'skipped', 'cancelled')
  for update of r;
  if not found then
    return false;
  end if;

  update ops.run_tokens
  set reported_at = v_now, redeemed_at = coalesce(redeemed_at, v_now)
  where token_hash = v_token.token_hash;
  -- What the job says of itself outranks what we concluded from its answer or its silence.
  update ops.cron_runs
  set reported_at = v_now,
      delivered_at = coalesce(delivered_at, v_now),
      result = coalesce(ops.redact_result(p_result, ops.secret_names(v_run.definition)), result)
  where id = v_token.run_id;
  if p_ok then
    perform ops.succeed_run(v_token.run_id, null, v_now);
  else
    perform ops.fail_run(
      v_token.run_id, 'report_failed',
      left(
        'report_failed - ' || coalesce(ops.redact_values(left(p_error, 20000), ops.secret_names(v_run.definition)), 'the job reported a failure'),
        1000
      ),
      v_now
    );
  end if;
  -- The next in line need not wait for the collector.
  perform ops.start_waiting(array['http', 'enqueue'], 1, interval '5 seconds', v_now, v_run.job);
  return true;
end
$$;
comment on function ops.report_run(text, boolean, jsonb, text) is
  'The result a job gives of itself, once per token and only for the latest try. It decides the run, also after a timeout or a lost answer.';
select ops.restrict_function('ops.report_run(text, boolean, jsonb, text)', 'service_role');
