-- Why      An HTTP job leaves through pg_net with a one-time token. Headers wait in a table every login role can read, so a
--          token must be worthless to anybody else: it opens one job, once, and only its sha256 is kept.
-- Objects  functions ops.current_epoch, ops.issue_run_token, ops.iso_instant, ops.build_url, ops.build_headers, ops.problem_remedy,
--          ops.send_request.
-- Locks    None. Rollback: drop the functions; HTTP jobs then fail.

create function ops.current_epoch()
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_epoch uuid;
begin
  select e.epoch into v_epoch from ops.crash_epoch e;
  if not found then
    insert into ops.crash_epoch default values on conflict do nothing;
    select e.epoch into v_epoch from ops.crash_epoch e;
  end if;
  return v_epoch;
end
$$;
comment on function ops.current_epoch() is 'The epoch since the last crash, starting one when the crash emptied the table.';
select ops.restrict_function('ops.current_epoch()');

create function ops.issue_run_token(p_run_id bigint, p_attempt integer, p_job text, p_expires_at timestamptz)
returns text
language plpgsql
set search_path = ''
as $$
declare
  -- Two version 4 UUIDs: 244 bits from the server's strong random source, without pgcrypto.
  v_token text := 'ort_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  insert into ops.run_tokens (token_hash, run_id, attempt, job, expires_at)
  values (sha256(convert_to(v_token, 'UTF8')), p_run_id, p_attempt, p_job, p_expires_at);
  return v_token;
end
$$;
comment on function ops.issue_run_token(bigint, integer, text, timestamptz) is 'A new one-time token for one try of one job. Only its sha256 is stored.';
select ops.restrict_function('ops.issue_run_token(bigint, integer, text, timestamptz)');

create function ops.iso_instant(p_at timestamptz)
returns text
language sql
immutable
set search_path = ''
as $$
  select to_char(
    p_at at time zone 'UTC',
    case when p_at = date_trunc('second', p_at) then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end
  )
$$;
comment on function ops.iso_instant(timestamptz) is 'An instant in ISO 8601, UTC, with a fraction only when there is one.';
select ops.restrict_function('ops.iso_instant(timestamptz)');

create function ops.build_url(p_call jsonb, out url text, out problem text)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_secret text := p_call ->> 'url_secret';
begin
  if v_secret is null then
    url := p_call ->> 'url';
  else
    select s.value, s.problem into url, problem from ops.read_secret(v_secret) s;
    if problem is not null then
      return;
    end if;
    if url ~ '\s' then
      problem := 'secret_invalid:' || v_secret;
    end if;
  end if;
  if problem is null and (url is null or url !~* '^https?://[^\s/?#]') then
    problem := 'url_invalid:' || coalesce(v_secret, 'call.url');
  end if;
  if problem is not null then
    url := null;
  elsif v_secret is not null then
    url := rtrim(url, '/') || coalesce('/' || ltrim(p_call ->> 'path', '/'), '');
  end if;
end
$$;
comment on function ops.build_url(jsonb) is 'Where a call goes, or why that cannot be said (names the secret, never its value).';
select ops.restrict_function('ops.build_url(jsonb)');

create function ops.build_headers(p_call jsonb, out headers jsonb, out wants_token boolean, out problem text)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_auth jsonb;
  v_value text;
begin
  wants_token := false;
  headers := coalesce(p_call -> 'headers', '{}');
  -- pg_net refuses two content types and knows one.
  if not exists (select from jsonb_object_keys(headers) as h (key) where lower(h.key) = 'content-type') then
    headers := headers || '{"Content-Type": "application/json"}';
  end if;
  for v_auth in
    select a.value from jsonb_array_elements(coalesce(p_call -> 'auth', '[]')) as a (value)
  loop
    if v_auth ->> 'kind' = 'run_token' then
      wants_token := true;
      continue;
    end if;
    select s.value, s.problem into v_value, problem from ops.read_secret(v_auth ->> 'secret') s;
    if problem is null and v_auth ->> 'kind' in ('bearer', 'apikey') and v_value ~ '\s' then
      problem := 'secret_invalid:' || (v_auth ->> 'secret');
    end if;
    if problem is not null then
      headers := null;
      return;
    end if;
    headers := headers || case v_auth ->> 'kind'
      when 'bearer' then jsonb_build_object('Authorization', 'Bearer ' || v_value)
      when 'apikey' then jsonb_build_object('apikey', v_value)
      when 'header' then jsonb_build_object(v_auth ->> 'header', v_value)
    end;
  end loop;
  -- An unknown kind of authentication must not become a request without any.
  if headers is null then
    problem := 'definition_invalid:call.auth';
  end if;
end
$$;
comment on function ops.build_headers(jsonb) is
  'The headers of a call with its secrets, or why they cannot be built. A missing secret never becomes a request without it.';
select ops.restrict_function('ops.build_headers(jsonb)');

create function ops.problem_remedy(p_problem text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case split_part(p_problem, ':', 1)
    when 'secret_missing' then 'Vault has no secret of this name; declare it in runbooks/secrets.yaml, set its value and apply'
    when 'secret_invalid' then 'this secret is empty, cannot be decrypted, or holds white space or a line break; set it again and apply'
    when 'url_invalid' then 'this is not a URL with http:// or https:// and a host; correct it and apply'
    when 'extension_missing' then 'this extension is not installed (or too old) in this database; enable it'
    when 'definition_missing' then 'ops.job_definitions has no row for this job; apply runbooks/ again or unschedule it'
    else 'the definition of this job cannot be understood; run validate and apply runbooks/ again'
  end
$$;
comment on function ops.problem_remedy(text) is 'What to do about a problem word such as secret_missing:project_url.';
select ops.restrict_function('ops.problem_remedy(text)');

create function ops.send_request(
  p_run_id bigint, p_job text, p_definition jsonb, p_slot timestamptz, p_attempt integer, p_now timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_call jsonb := p_definition -> 'call';
  v_timeout integer := (v_call ->> 'timeout_ms')::integer;
  -- The request may wait in pg_net's queue behind others; ops.collect also looks whether it still does.
  v_deadline timestamptz := p_now + make_interval(secs => v_timeout / 1000.0 + 60);
  v_url text;
  v_headers jsonb;
  v_wants_token boolean;
  v_problem text;
  v_request_id bigint;
  v_state text;
  v_message text;
begin
  if to_regclass('net.http_request_queue') is null then
    v_problem := 'extension_missing:pg_net';
  end if;
  if v_problem is null then
    select u.url, u.problem into v_url, v_problem from ops.build_url(v_call) u;
  end if;
  if v_problem is null then
    select h.headers, h.wants_token, h.problem into v_headers, v_wants_token, v_problem from ops.build_headers(v_call) h;
  end if;
  if v_problem is not null then
    perform ops.fail_run(p_run_id, split_part(v_problem, ':', 1), v_problem || ' - ' || ops.problem_remedy(v_problem), p_now);
    return;
  end if;

  v_headers := v_headers || jsonb_build_object(
    'Idempotency-Key', p_job || '/' || ops.iso_instant(p_slot),
    'x-ops-job', p_job,
    'x-ops-run-id', p_run_id::text,
    'x-ops-attempt', p_attempt::text
  );
  if v_wants_token then
    v_headers := v_headers || jsonb_build_object('x-ops-run-token', ops.issue_run_token(
      p_run_id, p_attempt, p_job,
      greatest(v_deadline, ops.report_deadline(p_definition, p_now)) + interval '5 minutes'
    ));
  end if;

  begin
    case v_call ->> 'method'
      when 'get' then
        v_request_id := net.http_get(url := v_url, headers := v_headers, timeout_milliseconds := v_timeout);
      when 'delete' then
        if v_call ? 'body' then
          v_request_id := net.http_delete(
            url := v_url, headers := v_headers, timeout_milliseconds := v_timeout, body := v_call -> 'body'
          );
        else
          v_request_id := net.http_delete(url := v_url, headers := v_headers, timeout_milliseconds := v_timeout);
        end if;
      else
        v_request_id := net.http_post(
          url := v_url, body := coalesce(v_call -> 'body', '{}'), headers := v_headers, timeout_milliseconds := v_timeout
        );
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;

  insert into ops.cron_attempts (run_id, attempt, request_id, epoch, awaiting_response, fired_at, deadline)
  values (p_run_id, p_attempt, v_request_id, ops.current_epoch(), v_request_id is not null, p_now, v_deadline);

  if v_state is null then
    update ops.cron_runs set deadline = v_deadline where id = p_run_id;
  elsif v_message ilike 'invalid url%' or v_message ilike 'out of memory%' then
    -- The message quotes the URL, and "Out of memory" is how older pg_net says "no https://".
    v_problem := 'url_invalid:' || coalesce(v_call ->> 'url_secret', 'call.url');
    perform ops.fail_run(p_run_id, 'url_invalid', v_problem || ' - ' || ops.problem_remedy(v_problem), p_now);
  elsif v_state in ('42883', '42P01', '3F000') then
    perform ops.fail_run(
      p_run_id, 'extension_missing', 'extension_missing:pg_net - ' || ops.problem_remedy('extension_missing'), p_now
    );
  else
    perform ops.fail_run(
      p_run_id, 'network',
      left(format('network:%s %s', v_state, ops.redact_values(v_message, ops.secret_names(p_definition))), 1000), p_now
    );
  end if;
end
$$;
comment on function ops.send_request(bigint, text, jsonb, timestamptz, integer, timestamptz) is
  'Hand one HTTP request to pg_net and remember its id. The request leaves when this transaction commits.';
select ops.restrict_function('ops.send_request(bigint, text, jsonb, timestamptz, integer, timestamptz)');
