-- Why      "We know, leave us alone about these until then" is about alerts that come and go, also such that are not there yet: it must
--          outlive each of them, and end by itself.
-- Objects  table ops.silences; functions ops.glob_pattern, ops.require_matcher, ops.alert_matches.
-- Locks    New objects only. Rollback: drop them; silenced alerts become active with the next pass.

create table ops.silences (
  id bigint generated always as identity primary key,
  matcher jsonb not null,
  until timestamptz not null,
  created_by text not null,
  reason text not null default '',
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  ended_by text,
  check (jsonb_typeof(matcher) = 'object' and matcher <> '{}'),
  check ((ended_at is null) = (ended_by is null))
);
comment on table ops.silences is
  'Alerts that match say nothing until then: no new issue, no comment. They are raised, counted and resolved all the same.';
comment on column ops.silences.matcher is
  'All of its keys must match: check, object, kind, key (the dedupe key), group, severity; values with * for anything and ? for one character.';
create index silences_active on ops.silences (until) where ended_at is null;
select ops.restrict_table('ops.silences', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.silences', '(select ops.is_admin())');

create function ops.glob_pattern(p_glob text)
returns text
language sql
immutable
strict
set search_path = ''
as $$
  select translate(replace(replace(replace(p_glob, '\', '\\'), '%', '\%'), '_', '\_'), '*?', '%_')
$$;
comment on function ops.glob_pattern(text) is 'A glob (* anything, ? one character, everything else itself) as a pattern for like.';
select ops.restrict_function('ops.glob_pattern(text)', 'service_role');

create function ops.require_matcher(p_matcher jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_key text;
  v_value jsonb;
begin
  if jsonb_typeof(p_matcher) is distinct from 'object' or p_matcher = '{}' then
    raise exception 'a matcher is an object with at least one key'
      using errcode = 'invalid_parameter_value', hint = 'Keys: check, object, kind, key, group, severity.';
  end if;
  for v_key, v_value in select * from jsonb_each(p_matcher) loop
    if v_key not in ('check', 'object', 'kind', 'key', 'group', 'severity') then
      raise exception 'a matcher knows no key %', left(v_key, 60)
        using errcode = 'invalid_parameter_value', hint = 'Keys: check, object, kind, key, group, severity.';
    end if;
    if jsonb_typeof(v_value) <> 'string' or length(p_matcher ->> v_key) not between 1 and 200 then
      raise exception 'a matcher compares % with a text of 1 to 200 characters', v_key
        using errcode = 'invalid_parameter_value';
    end if;
    if v_key = 'severity' and ops.severity_rank(p_matcher ->> v_key) is null then
      raise exception 'a severity is info, warning or critical' using errcode = 'invalid_parameter_value';
    end if;
  end loop;
  return p_matcher;
end
$$;
comment on function ops.require_matcher(jsonb) is 'The matcher, or an error that says what is wrong with it.';
select ops.restrict_function('ops.require_matcher(jsonb)', 'service_role');

create function ops.alert_matches(p_matcher jsonb, p_alert ops.alerts)
returns boolean
language sql
stable
set search_path = ''
as $$
  -- What an alert does not have matches nothing, not even an asterisk.
  select coalesce(
    (not p_matcher ? 'check' or p_alert.check_name like ops.glob_pattern(p_matcher ->> 'check'))
    and (not p_matcher ? 'object' or p_alert.object like ops.glob_pattern(p_matcher ->> 'object'))
    and (not p_matcher ? 'kind' or p_alert.kind like ops.glob_pattern(p_matcher ->> 'kind'))
    and (not p_matcher ? 'key' or p_alert.dedupe_key like ops.glob_pattern(p_matcher ->> 'key'))
    and (not p_matcher ? 'group' or p_alert.group_key like ops.glob_pattern(p_matcher ->> 'group'))
    and (not p_matcher ? 'severity' or p_alert.severity = p_matcher ->> 'severity'),
    false
  )
$$;
comment on function ops.alert_matches(jsonb, ops.alerts) is 'True when every key of the matcher matches the alert.';
select ops.restrict_function('ops.alert_matches(jsonb, ops.alerts)', 'service_role');
