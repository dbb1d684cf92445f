-- Why      Values of Vault are read at the last moment and never written down: not in a row, an error, a log or a notice.
-- Objects  functions ops.read_secret, ops.redact_text, ops.redact_values, ops.redact_vault,
--          ops.secret_names.
-- Locks    None. Rollback: drop the functions; jobs with secrets then fail.

create function ops.read_secret(p_name text, out value text, out problem text)
language plpgsql
stable
set search_path = ''
as $$
begin
  if to_regclass('vault.decrypted_secrets') is null then
    problem := 'extension_missing:supabase_vault';
    return;
  end if;
  select s.decrypted_secret into value from vault.decrypted_secrets s where s.name = p_name;
  if value is null then
    problem := 'secret_missing:' || p_name;
  elsif value = '' or value ~ '^\s|\s$|[[:cntrl:]]' then
    value := null;
    problem := 'secret_invalid:' || p_name;
  end if;
exception
  -- Whatever decryption says may quote what it was given: keep the name only.
  when others then
    value := null;
    problem := 'secret_invalid:' || p_name;
end
$$;
comment on function ops.read_secret(text) is
  'One Vault secret, or why it cannot be used (extension_missing, secret_missing, secret_invalid and a name). Never raises, never says the value.';
select ops.restrict_function('ops.read_secret(text)');

create function ops.redact_text(p_text text)
returns text
language sql
immutable
set search_path = ''
as $$
  select
    regexp_replace(
      regexp_replace(
        regexp_replace(
          p_text,
          '\m(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?|(sb_secret_|sbp_|ort_|gh[pousr]_|github_pat_)[A-Za-z0-9_-]{6,}|sk-[A-Za-z0-9_-]{16,})',
          '[redacted]', 'g'
        ),
        -- A word after "basic" or "bearer" is one of ours only when it looks like a credential.
        '\m(bearer|basic)(\s+|%20)(?=[^\s"''\\,;]*[0-9=_.])[^\s"''\\,;]+', '\1 [redacted]', 'gi'
      ),
      '://[^\s:/@"''\\]+:[^\s@"''\\]+@', '://[redacted]@', 'g'
    )
$$;
comment on function ops.redact_text(text) is
  'Replace what looks like a token (JWT, API key, run token, authorization header, password in a URL) by [redacted].';
select ops.restrict_function('ops.redact_text(text)');

create function ops.redact_values(p_text text, p_secret_names text[])
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_name text;
  v_value text;
begin
  foreach v_name in array coalesce(p_secret_names, '{}') loop
    v_value := (ops.read_secret(v_name)).value;
    -- Shorter values are words that occur by chance.
    if length(v_value) >= 6 then
      p_text := replace(p_text, v_value, '[redacted]');
    end if;
  end loop;
  return ops.redact_text(p_text);
end
$$;
comment on function ops.redact_values(text, text[]) is 'ops.redact_text, and the values of these Vault secrets replaced too.';
select ops.restrict_function('ops.redact_values(text, text[])');

create function ops.redact_vault(p_text text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if to_regclass('vault.secrets') is null then
    return ops.redact_text(p_text);
  end if;
  return ops.redact_values(p_text, (select array_agg(s.name) from vault.secrets s where s.name is not null));
end
$$;
comment on function ops.redact_vault(text) is
  'ops.redact_text, and the values of all Vault secrets replaced: for messages of SQL, which may read any of them.';
select ops.restrict_function('ops.redact_vault(text)');

create function ops.secret_names(p_definition jsonb)
returns text[]
language sql
immutable
set search_path = ''
as $$
  select array_agg(distinct n.name)
  from (
    select a.auth ->> 'secret' as name
    from jsonb_array_elements(
      case jsonb_typeof(p_definition #> '{call,auth}') when 'array' then p_definition #> '{call,auth}' else '[]' end
    ) as a (auth)
    union all
    select p_definition #>> '{call,url_secret}'
  ) n
  where n.name is not null
$$;
comment on function ops.secret_names(jsonb) is 'Names of the Vault secrets a job definition refers to; null when it needs none.';
select ops.restrict_function('ops.secret_names(jsonb)');
