-- Why      A nightly scan that only prints is forgotten by morning. What it found, since when, and who lives with it is kept, notes
--          included; what deserves a person becomes an alert as well (ops.record_check_pass).
-- Objects  tables ops.advice_scans, ops.advice; functions ops.record_scan, ops.list_advice.
-- Locks    New objects only; a scan locks its rows of ops.advice. Rollback: drop them; the next scan finds everything anew.

create table ops.advice_scans (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  environment text not null,
  run_url text,
  commit_sha text,
  counts jsonb not null default '{}' check (jsonb_typeof(counts) = 'object'),
  unevaluated jsonb not null default '[]' check (jsonb_typeof(unevaluated) = 'array'),
  schemas text[] not null default '{}',
  created_at timestamptz not null default now()
);
comment on table ops.advice_scans is 'One row per recorded scan: how much it found, and which rules could not look, with the reason. Kept for a year.';
comment on column ops.advice_scans.at is 'When the look began, by the clock of the database.';
create unique index advice_scans_at on ops.advice_scans (at);
select ops.restrict_table('ops.advice_scans', 'select', 'insert', 'delete');
select ops.allow_read('ops.advice_scans', '(select ops.is_admin())');

create table ops.advice (
  cache_key text primary key check (cache_key <> ''),
  rule text not null check (rule <> ''),
  object text not null default '',
  level text not null check (level in ('INFO', 'WARN', 'ERROR')),
  title text not null,
  detail text not null default '',
  remediation text not null default '',
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  seen_count integer not null default 1,
  reopened_count integer not null default 0,
  resolved_at timestamptz,
  suppressed_until date,
  suppressed_by text,
  suppression_reason text,
  check ((suppressed_until is null) = (suppression_reason is null))
);
comment on table ops.advice is
  'What scans found about this environment, one row per finding however often it is found, in the row contract of Supabase''s splinter. Advice about projects is in ops.advisories.';
comment on column ops.advice.object is 'The job, secret, table ... it is about.';
comment on column ops.advice.resolved_at is 'When a scan that looked did not find it any more.';
comment on column ops.advice.suppressed_until is 'The last day on which a file lives with it.';
create index advice_open on ops.advice (rule) where resolved_at is null;
create index advice_over on ops.advice (resolved_at) where resolved_at is not null;
select ops.restrict_table('ops.advice', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.advice', '(select ops.is_admin())');

create function ops.record_scan(p_scan jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_at timestamptz := (p_scan ->> 'at')::timestamptz;
  v_blind text[] := array(select jsonb_array_elements(coalesce(p_scan -> 'unevaluated', '[]')) ->> 'rule');
  v_created integer;
  v_reopened integer;
  v_refreshed integer;
  v_resolved integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('ops.record_scan', 0));
  if v_at is null then
    raise exception 'a scan says when it looked' using errcode = 'invalid_parameter_value', hint = 'at: ISO 8601, by the clock of the database';
  end if;
  -- What a slower run saw before must not undo what a later one saw.
  if exists (select from ops.advice_scans s where s.at >= v_at) then
    return jsonb_build_object('late', true);
  end if;

  -- Scans wait for each other, so what is counted here is what is written below.
  select count(*) filter (where a.cache_key is null), count(*) filter (where a.resolved_at is not null),
    count(*) filter (where a.cache_key is not null and a.resolved_at is null)
  into v_created, v_reopened, v_refreshed
  from (select distinct f.finding ->> 'cache_key' as cache_key from jsonb_array_elements(coalesce(p_scan -> 'findings', '[]')) f (finding)) k
  left join ops.advice a on a.cache_key = k.cache_key;

  insert into ops.advice as a (
    cache_key, rule, object, level, title, detail, remediation, evidence, first_seen_at, last_seen_at, suppressed_until,
    suppressed_by, suppression_reason
  )
  select distinct on (f.cache_key)
    f.cache_key, f.rule, coalesce(f.object, ''), f.level, f.title, coalesce(f.detail, ''), coalesce(f.remediation, ''),
    coalesce(f.evidence, '{}'), v_at, v_at, f.suppressed_until, f.suppressed_by, f.suppression_reason
  from jsonb_to_recordset(coalesce(p_scan -> 'findings', '[]')) as f (
    cache_key text, rule text, object text, level text, title text, detail text, remediation text, evidence jsonb,
    suppressed_until date, suppressed_by text, suppression_reason text
  )
  order by f.cache_key
  on conflict (cache_key) do update
  set rule = excluded.rule,
      object = excluded.object,
      level = excluded.level,
      title = excluded.title,
      detail = excluded.detail,
      remediation = excluded.remediation,
      evidence = excluded.evidence,
      last_seen_at = excluded.last_seen_at,
      seen_count = a.seen_count + 1,
      reopened_count = a.reopened_count + (a.resolved_at is not null)::integer,
      resolved_at = null,
      suppressed_until = excluded.suppressed_until,
      suppressed_by = excluded.suppressed_by,
      suppression_reason = excluded.suppression_reason;

  -- Of a rule that could not look nobody knows; a rule that was not asked at all has nothing to say any more.
  update ops.advice a
  set resolved_at = v_at
  where a.resolved_at is null and a.last_seen_at < v_at and a.rule <> all (v_blind);
  get diagnostics v_resolved = row_count;

  insert into ops.advice_scans (at, environment, run_url, commit_sha, counts, unevaluated, schemas)
  values (
    v_at, coalesce(p_scan ->> 'environment', ''), left(p_scan ->> 'run_url', 500), left(p_scan ->> 'commit', 64),
    coalesce(p_scan -> 'counts', '{}'), coalesce(p_scan -> 'unevaluated', '[]'),
    array(select jsonb_array_elements_text(coalesce(p_scan -> 'schemas', '[]')))
  );
  delete from ops.advice_scans s where s.at < v_at - interval '1 year';
  delete from ops.advice a where a.resolved_at < v_at - interval '1 year';
  return jsonb_build_object(
    'late', false, 'created', v_created, 'reopened', v_reopened, 'refreshed', v_refreshed, 'resolved', v_resolved
  );
end
$$;
comment on function ops.record_scan(jsonb) is
  'Keep what a scan {at, environment, findings, unevaluated, counts, schemas, run_url, commit} found: new findings begin, what is not found any more ends, except of rules that could not look. Answers {late, created, reopened, refreshed, resolved}; a scan older than the last one changes nothing: late.';
select ops.restrict_function('ops.record_scan(jsonb)', 'service_role');

create function ops.list_advice(p_state text default 'active', p_after text default null, p_limit integer default 100)
returns table (
  cache_key text, rule text, object text, level text, title text, detail text, remediation text, evidence jsonb, state text,
  is_certain boolean, first_seen_at timestamptz, last_seen_at timestamptz, seen_count integer, reopened_count integer,
  resolved_at timestamptz, suppressed_until date, suppressed_by text, suppression_reason text
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_limit integer := least(greatest(coalesce(p_limit, 100), 1), 1000);
  v_today date := (now() at time zone 'UTC')::date;
  v_last record;
begin
  if p_state is null or p_state not in ('active', 'suppressed', 'resolved', 'all') then
    raise exception 'unknown state %', coalesce(quote_literal(p_state), 'null')
      using errcode = 'invalid_parameter_value', hint = 'active, suppressed, resolved or all';
  end if;
  select s.at, s.unevaluated into v_last from ops.advice_scans s order by s.at desc limit 1;
  return query
    select l.cache_key, l.rule, l.object, l.level, l.title, l.detail, l.remediation, l.evidence, l.state,
      -- Open, and the last scan could look: nobody only believes it.
      l.resolved_at is not null or l.last_seen_at >= v_last.at,
      l.first_seen_at, l.last_seen_at, l.seen_count, l.reopened_count, l.resolved_at, l.suppressed_until, l.suppressed_by,
      l.suppression_reason
    from (
      select a.*,
        case when a.resolved_at is not null then 'resolved' when a.suppressed_until >= v_today then 'suppressed' else 'active' end
          as state
      from ops.advice a
      where a.cache_key > coalesce(p_after, '')
    ) l
    where p_state = 'all' or l.state = p_state
    order by l.cache_key
    limit v_limit;
end
$$;
comment on function ops.list_advice(text, text, integer) is
  'Advice about this environment by its key: active, suppressed, resolved or all. is_certain is false for what the last scan could not look at. The next page: pass the last cache_key as p_after. For admins.';
select ops.restrict_function('ops.list_advice(text, text, integer)', 'authenticated', 'service_role');
