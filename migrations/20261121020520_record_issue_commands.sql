-- Why      A comment on an issue is an order: it is carried out once, however often GitHub tells of it, answered once, and remembered with
--          who gave it and by which right.
-- Objects  table ops.issue_commands; functions ops.take_issue_command, ops.settle_issue_command, ops.claim_issue_answers,
--          ops.note_issue_answered, ops.wake_alert, ops.prune_issue_commands.
-- Locks    New objects; rows of ops.alerts as every answer. Rollback: drop them; commands are carried out again when told again.

create table ops.issue_commands (
  repository text not null,
  comment_id bigint not null,
  issue_number integer not null check (issue_number > 0),
  actor text not null,
  actor_id bigint,
  permission text not null,
  command text not null,
  arguments text not null default '',
  outcome text check (outcome in ('done', 'nothing', 'refused')),
  alerts bigint[] not null default '{}',
  answer text,
  taken_at timestamptz not null default clock_timestamp(),
  answering_until timestamptz,
  answered_at timestamptz,
  primary key (repository, comment_id),
  check (answered_at is null or outcome is not null)
);
comment on table ops.issue_commands is
  'Commands that people wrote under issues: who, by which right, what came of it. Written in the transaction that carries the command out.';
comment on column ops.issue_commands.permission is 'The role in the repository at the time, as GitHub told it.';
comment on column ops.issue_commands.arguments is 'As written, without what looks like a secret.';
comment on column ops.issue_commands.outcome is 'nothing: it was so already. refused: the command cannot be carried out, and the answer says why.';
comment on column ops.issue_commands.answering_until is 'Until then somebody is writing the answer; afterwards anybody may.';
create index issue_commands_unanswered on ops.issue_commands (taken_at) where answered_at is null;
create index issue_commands_taken_at on ops.issue_commands (taken_at);
select ops.restrict_table('ops.issue_commands', 'select', 'insert', 'update');
select ops.allow_read('ops.issue_commands', '(select ops.is_admin())');

create function ops.take_issue_command(
  p_repository text, p_comment_id bigint, p_issue_number integer, p_actor text, p_actor_id bigint, p_permission text, p_command text,
  p_arguments text default ''
)
returns boolean
language sql
set search_path = ''
as $$
  -- Who comes second waits here until the first has committed or given up.
  with taken as (
    insert into ops.issue_commands (repository, comment_id, issue_number, actor, actor_id, permission, command, arguments)
    values (
      p_repository, p_comment_id, p_issue_number, left(p_actor, 100), p_actor_id, left(p_permission, 40), left(p_command, 40),
      left(ops.redact_text(coalesce(p_arguments, '')), 2000)
    )
    on conflict (repository, comment_id) do nothing
    returning comment_id
  )
  select exists (select from taken)
$$;
comment on function ops.take_issue_command(text, bigint, integer, text, bigint, text, text, text) is
  'Take a command to carry it out in this same transaction. False when it was carried out before.';
select ops.restrict_function('ops.take_issue_command(text, bigint, integer, text, bigint, text, text, text)', 'service_role');

create function ops.settle_issue_command(
  p_repository text, p_comment_id bigint, p_outcome text, p_answer text, p_alerts bigint[] default '{}'
)
returns void
language sql
set search_path = ''
as $$
  update ops.issue_commands c
  set outcome = p_outcome, answer = left(p_answer, 20000), alerts = coalesce(p_alerts, '{}')
  where c.repository = p_repository and c.comment_id = p_comment_id and c.outcome is null
$$;
comment on function ops.settle_issue_command(text, bigint, text, text, bigint[]) is
  'What came of a command, and what is to be answered.';
select ops.restrict_function('ops.settle_issue_command(text, bigint, text, text, bigint[])', 'service_role');

create function ops.claim_issue_answers(p_repository text, p_limit integer default 10, p_lease interval default '2 minutes')
returns table (comment_id bigint, issue_number integer, actor text, outcome text, answer text, taken_at timestamptz)
language sql
set search_path = ''
as $$
  update ops.issue_commands c
  set answering_until = clock_timestamp() + p_lease
  where (c.repository, c.comment_id) in (
    select x.repository, x.comment_id
    from ops.issue_commands x
    where x.repository = p_repository and x.answered_at is null and x.outcome is not null
      and coalesce(x.answering_until, '-infinity') < clock_timestamp()
      -- What nobody could answer for a day nobody waits for any more.
      and x.taken_at > clock_timestamp() - interval '1 day'
    order by x.taken_at
    limit least(greatest(p_limit, 1), 100)
    for update skip locked
  )
  returning c.comment_id, c.issue_number, c.actor, c.outcome, c.answer, c.taken_at
$$;
comment on function ops.claim_issue_answers(text, integer, interval) is
  'Commands that were carried out and not answered, also those a former run left: nobody else answers them for p_lease.';
select ops.restrict_function('ops.claim_issue_answers(text, integer, interval)', 'service_role');

create function ops.note_issue_answered(p_repository text, p_comment_id bigint)
returns void
language sql
set search_path = ''
as $$
  update ops.issue_commands c
  set answered_at = clock_timestamp(), answering_until = null
  where c.repository = p_repository and c.comment_id = p_comment_id and c.answered_at is null
$$;
comment on function ops.note_issue_answered(text, bigint) is 'The answer stands under the issue.';
select ops.restrict_function('ops.note_issue_answered(text, bigint)', 'service_role');

create function ops.wake_alert(p_id bigint, p_actor text, p_note text default null)
returns boolean
language sql
set search_path = ''
as $$
  with woken as (
    update ops.alerts a
    set status = 'active', snoozed_until = null, note = concat_ws(': ', 'taken back by ' || p_actor, p_note)
    where a.id = p_id and a.resolved_at is null and a.status in ('acknowledged', 'snoozed')
    returning a.id
  )
  select exists (select from woken)
$$;
comment on function ops.wake_alert(bigint, text, text) is
  'Take back an acknowledgement or a snooze: the alert is active again. False when there is none to take back.';
select ops.restrict_function('ops.wake_alert(bigint, text, text)', 'service_role');

create function ops.prune_issue_commands(p_keep interval default '180 days', p_batch integer default 10000)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from ops.issue_commands c
  where (c.repository, c.comment_id) in (
    select x.repository, x.comment_id from ops.issue_commands x where x.taken_at < now() - p_keep order by x.taken_at limit p_batch
  );
  get diagnostics v_pruned = row_count;
  return v_pruned;
end
$$;
comment on function ops.prune_issue_commands(interval, integer) is 'Forget commands older than p_keep. Called by cron. Returns how many.';
select ops.restrict_function('ops.prune_issue_commands(interval, integer)');
