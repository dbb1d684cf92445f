-- Why      A secret is judged where it lies: missing, unreadable, pasted with a line break, of the wrong shape. Its value stays there,
--          and nobody can find it out by asking.
-- Objects  functions ops.is_plain_shape, ops.probe_secrets. docs/checks.md grants the second.
-- Locks    None; nothing is written. Rollback: drop the functions; checks then say "unknown".

create function ops.is_plain_shape(p_shape text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select p_shape ~ (
    '^\^'
    || '(\\S(\+|\{\d{1,4},\})'
    || '|(https://|https\?://|http://127\\\.0\\\.0\\\.1:\\d\+)(\[a-z0-9\.-\]\+|\[\^\\s/\]\+|\\S\+)?(/functions/v1/[a-z0-9_-]{1,63})?'
    || ')\$?$'
  )
$$;
comment on function ops.is_plain_shape(text) is
  'Whether a shape asks nothing that could give a secret away: at least so long and without blanks, a URL of some host, or of one of its functions. Asked often enough, any other pattern spells the value out.';
select ops.restrict_function('ops.is_plain_shape(text)');

-- Security definer: looks at values for those who may not, and answers with what is wrong with them. Patterns that could spell a
-- value out (ops.is_plain_shape) are judged for those only who may decrypt it anyway.
create function ops.probe_secrets(p_now timestamptz, p_wanted jsonb)
returns table (name text, state text, is_blank boolean, has_white_space boolean, fits text, age_s double precision)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_wanted record;
  v_value text;
  v_may_decrypt boolean;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    raise exception 'Vault is not installed here' using errcode = 'feature_not_supported';
  end if;
  v_may_decrypt := has_schema_privilege(session_user, 'vault', 'usage')
    and has_table_privilege(session_user, 'vault.decrypted_secrets', 'select');
  for v_wanted in
    select w.name, w.shape, s.id, s.updated_at
    from jsonb_to_recordset(p_wanted) as w (name text, shape text)
    left join vault.secrets s on s.name = w.name
    order by w.name
  loop
    name := v_wanted.name;
    state := 'missing';
    is_blank := null;
    has_white_space := null;
    fits := null;
    age_s := extract(epoch from p_now - v_wanted.updated_at);
    if v_wanted.id is not null then
      v_value := null;
      begin
        select s.decrypted_secret into v_value from vault.decrypted_secrets s where s.id = v_wanted.id;
        state := case when v_value is null then 'unreadable' else 'readable' end;
      exception
        -- Whatever decryption says may quote what it was given.
        when others then
          state := 'unreadable';
      end;
    end if;
    if state = 'readable' then
      is_blank := v_value ~ '^\s*$';
      has_white_space := v_value ~ '\s';
      if v_wanted.shape is not null then
        if not (v_may_decrypt or ops.is_plain_shape(v_wanted.shape)) then
          fits := 'not_judged';
        else
          begin
            fits := case when v_value ~ v_wanted.shape then 'yes' else 'no' end;
          exception
            when invalid_regular_expression then
              fits := 'bad_pattern';
          end;
        end if;
      end if;
    end if;
    return next;
  end loop;
end
$$;
comment on function ops.probe_secrets(timestamptz, jsonb) is
  'Judge secrets of the Vault, given as [{name, shape}]: state (missing, unreadable, readable), blank, white space, whether the shape fits (yes, no, not_judged, bad_pattern), and age. Never a value.';
select ops.restrict_function('ops.probe_secrets(timestamptz, jsonb)');
