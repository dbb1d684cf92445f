-- Why      A run token must open only the function its job was declared to call: a function that was handed a token could
--          otherwise spend it at another. And a request repeated with its idempotency key must get the first answer.
-- Objects  function ops.redeem_function_token; table ops.remembered_answers; functions ops.earlier_answer, ops.remember_answer,
--          ops.forget_answers.
-- Locks    New objects only. Rollback: drop them; functions then refuse run tokens and repeat what they are asked twice.

-- Security definer: as ops.redeem_run_token, which it completes.
create function ops.redeem_function_token(p_token text, p_job text, p_function text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  if not exists (
    select from ops.job_definitions d where d.name = p_job and d.definition #>> '{call,function}' = p_function
  ) then
    -- The same answer as for a token that was never issued; the token stays unspent for the function it is meant for.
    return jsonb_build_object('ok', false, 'run_id', null, 'attempt', null, 'job', null, 'scheduled_for', null);
  end if;
  return ops.redeem_run_token(p_token, p_job);
end
$$;
comment on function ops.redeem_function_token(text, text, text) is
  'ops.redeem_run_token for an Edge Function: only a token of a job that calls this very function is accepted.';
select ops.restrict_function('ops.redeem_function_token(text, text, text)', 'service_role');

create table ops.remembered_answers (
  scope text not null check (scope <> ''),
  key text not null check (length(key) between 1 and 255),
  answer jsonb not null,
  created_at timestamptz not null default now(),
  primary key (scope, key)
);
comment on table ops.remembered_answers is
  'What a request with an idempotency key was answered. Written in the transaction of the work, so work and answer are there both or not at all.';
comment on column ops.remembered_answers.scope is 'What was asked and by whom, such as trigger_build:<user>; a key means nothing elsewhere.';
create index remembered_answers_age on ops.remembered_answers (created_at);
select ops.restrict_table('ops.remembered_answers');

create function ops.earlier_answer(p_scope text, p_key text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_answer jsonb;
begin
  if p_key is null then
    return null;
  end if;
  -- Two requests with one key at the same moment: the second waits for the first to commit.
  perform pg_advisory_xact_lock(hashtextextended(p_scope || chr(31) || p_key, 0));
  select a.answer into v_answer from ops.remembered_answers a where a.scope = p_scope and a.key = p_key;
  return v_answer;
end
$$;
comment on function ops.earlier_answer(text, text) is
  'The answer this key got before, null for a new one. Holds the key until the transaction ends.';
select ops.restrict_function('ops.earlier_answer(text, text)');

create function ops.remember_answer(p_scope text, p_key text, p_answer jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  if p_key is not null then
    insert into ops.remembered_answers (scope, key, answer) values (p_scope, p_key, p_answer);
  end if;
  return p_answer;
end
$$;
comment on function ops.remember_answer(text, text, jsonb) is 'Keep an answer for its idempotency key; returns the answer.';
select ops.restrict_function('ops.remember_answer(text, text, jsonb)');

create function ops.forget_answers(p_keep interval default '2 days', p_batch integer default 10000)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_deleted integer;
begin
  delete from ops.remembered_answers a
  where (a.scope, a.key) in (
    select o.scope, o.key from ops.remembered_answers o where o.created_at < now() - p_keep order by o.created_at limit p_batch
  );
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;
comment on function ops.forget_answers(interval, integer) is 'Delete remembered answers older than p_keep, at most p_batch. Returns how many.';
select ops.restrict_function('ops.forget_answers(interval, integer)');
