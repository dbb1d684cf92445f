-- Stand-in for pg_cron 1.6: the SQL half. The half that runs jobs is cron-scheduler.ts.
-- Tables, functions, messages and grants follow pg_cron 1.6.7. Safe to repeat over an earlier version of itself.

create schema if not exists cron;
comment on schema cron is 'Stand-in for pg_cron 1.6 (ops control room, local only)';
revoke all on schema cron from public;

create sequence if not exists cron.jobid_seq;
create sequence if not exists cron.runid_seq;
grant select on sequence cron.jobid_seq, cron.runid_seq to public;

create table if not exists cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default inet_server_port(),
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
drop policy if exists cron_job_policy on cron.job;
create policy cron_job_policy on cron.job using (username = current_user);
grant select on cron.job to public;

create table if not exists cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid int,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
drop policy if exists cron_job_run_details_policy on cron.job_run_details;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);
grant select, delete on cron.job_run_details to public;

-- The real trigger invalidates the launcher's cache when the transaction commits; a notification arrives then too.
create or replace function cron.job_cache_invalidate() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('opsroom_cron_standin', '');
  return null;
end
$$;
drop trigger if exists cron_job_cache_invalidate on cron.job;
create trigger cron_job_cache_invalidate
  after insert or delete or update or truncate on cron.job
  for each statement execute function cron.job_cache_invalidate();

-- The grammar of pg_cron 1.6.7's parser: what it accepts, including the junk it skips.
create or replace function cron._number(p_word text, p_low int, p_high int, p_names text[]) returns int
language plpgsql immutable
set search_path = ''
as $$
declare
  v_value int;
begin
  if p_word ~ '^[0-9]{1,9}$' then
    v_value := p_word::int;
  else
    v_value := pg_catalog.array_position(p_names, pg_catalog.lower(p_word)) - 1 + p_low;
  end if;
  return case when v_value between p_low and p_high then v_value end;
end
$$;

create or replace function cron._is_valid_field(p_field text, p_low int, p_high int, p_names text[] default null) returns boolean
language plpgsql immutable
set search_path = ''
as $$
declare
  v_rest text := p_field;
  v_word text;
  v_may_step boolean;
begin
  if p_field = '*' then
    return true;
  end if;
  loop
    v_may_step := true;
    if v_rest like '*%' then
      v_rest := pg_catalog.substr(v_rest, 2);
    else
      v_word := pg_catalog.substring(v_rest, '^[0-9A-Za-z]+');
      if v_word is null or cron._number(v_word, p_low, p_high, p_names) is null then
        return false;
      end if;
      v_rest := pg_catalog.substr(v_rest, pg_catalog.length(v_word) + 1);
      v_may_step := v_rest like '-%';
      if v_may_step then
        v_word := pg_catalog.substring(v_rest, '^-([0-9A-Za-z]+)');
        if v_word is null or cron._number(v_word, p_low, p_high, p_names) is null then
          return false;
        end if;
        v_rest := pg_catalog.substr(v_rest, pg_catalog.length(v_word) + 2);
      end if;
    end if;
    if v_rest like '/%' then
      v_word := pg_catalog.substring(v_rest, '^/([0-9A-Za-z]+)');
      if not v_may_step or v_word is null or cron._number(v_word, 1, p_high, null) is null then
        return false;
      end if;
      v_rest := pg_catalog.substr(v_rest, pg_catalog.length(v_word) + 2);
    end if;
    if v_rest not like ',%' then
      return true;
    end if;
    v_rest := pg_catalog.substr(v_rest, 2);
  end loop;
end
$$;

create or replace function cron._is_valid_schedule(p_schedule text) returns boolean
language plpgsql immutable
set search_path = ''
as $$
declare
  v_text text;
  v_fields text[];
begin
  if pg_catalog.length(p_schedule) > 999 then
    return false;
  end if;
  if p_schedule ~* '^\s*0*([1-9]|[1-5][0-9])\s*seconds?\s*$' then
    return true;
  end if;
  v_text := pg_catalog.regexp_replace(p_schedule, '^([ \t]*(#[^\n]*)?\n)*[ \t]*', '');
  if v_text like '@%' then
    return pg_catalog.substring(v_text, '^@([^ \t\n]*)') in
      ('reboot', 'restart', 'yearly', 'annually', 'monthly', 'weekly', 'daily', 'midnight', 'hourly');
  end if;
  v_fields := pg_catalog.regexp_split_to_array(pg_catalog.split_part(v_text, E'\n', 1), '[ \t]+');
  return pg_catalog.cardinality(v_fields) >= 5
    and cron._is_valid_field(v_fields[1], 0, 59)
    and cron._is_valid_field(v_fields[2], 0, 23)
    and (v_fields[3] = '$' or cron._is_valid_field(v_fields[3], 1, 31))
    and cron._is_valid_field(v_fields[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}')
    and cron._is_valid_field(v_fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
end
$$;

create or replace function cron._check_schedule(p_schedule text) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if not cron._is_valid_schedule(p_schedule) then
    raise exception 'invalid schedule: %', p_schedule using
      errcode = '22023',
      hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
end
$$;

-- Raises by itself, with the original's words, when there is no such database.
create or replace function cron._check_database(p_user text, p_database text) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not pg_catalog.has_database_privilege(p_user, p_database, 'connect') then
    raise exception 'User % does not have CONNECT privilege on %', p_user, p_database using errcode = 'XX000';
  end if;
end
$$;

create or replace function cron._owner(p_caller text, p_username text, p_message text) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  v_owner text := coalesce(p_username, p_caller);
  v_can_login boolean := (select r.rolcanlogin from pg_catalog.pg_roles r where r.rolname = v_owner);
begin
  if v_can_login is null then
    raise exception 'role "%" does not exist', v_owner using errcode = 'XX000';
  end if;
  if v_owner <> p_caller and not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = p_caller) then
    raise exception '%', p_message using errcode = 'XX000';
  end if;
  if not v_can_login then
    raise exception 'role "%" can not log in', v_owner using errcode = 'XX000';
  end if;
  return v_owner;
end
$$;

create or replace function cron._schedule(
  p_caller text, p_name text, p_schedule text, p_command text, p_database text, p_username text, p_active boolean
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_owner text;
  v_jobid bigint;
begin
  v_owner := cron._owner(p_caller, p_username, 'must be superuser to create a job for another role');
  perform cron._check_database(v_owner, p_database);
  perform cron._check_schedule(p_schedule);
  insert into cron.job as j (schedule, command, nodename, nodeport, database, username, active, jobname)
  values (p_schedule, p_command, 'localhost', pg_catalog.current_setting('port')::int, p_database, v_owner, p_active, p_name)
  on conflict on constraint jobname_username_uniq do update
    -- As in the original, active stays what it is.
    set schedule = excluded.schedule, command = excluded.command, database = excluded.database
  returning j.jobid into v_jobid;
  return v_jobid;
end
$$;

create or replace function cron._alter_job(
  p_caller text, p_job_id bigint, p_schedule text, p_command text, p_database text, p_username text, p_active boolean
) returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_is_superuser boolean := (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = p_caller);
  v_owner text;
  v_job cron.job;
begin
  if p_job_id is null then
    raise exception 'job_id can not be NULL' using errcode = 'XX000';
  end if;
  v_owner := cron._owner(p_caller, p_username, 'must be superuser to alter username');
  select j.* into v_job from cron.job j
  where j.jobid = p_job_id and (v_is_superuser or j.username = p_caller);
  if not found then
    raise exception 'Job % does not exist or you don''t own it', p_job_id using errcode = 'XX000';
  end if;
  if p_database is not null or p_username is not null then
    perform cron._check_database(coalesce(p_username, v_job.username), coalesce(p_database, v_job.database));
  end if;
  if p_schedule is not null then
    perform cron._check_schedule(p_schedule);
  end if;
  if pg_catalog.num_nonnulls(p_schedule, p_command, p_database, p_username, p_active) = 0 then
    raise exception 'no updates specified' using
      errcode = 'XX000', hint = 'You must specify at least one job attribute to change when calling alter_job';
  end if;
  update cron.job j
  set schedule = coalesce(p_schedule, j.schedule),
    command = coalesce(p_command, j.command),
    database = coalesce(p_database, j.database),
    username = coalesce(p_username, j.username),
    active = coalesce(p_active, j.active)
  where j.jobid = p_job_id;
  return found;
end
$$;

create or replace function cron._unschedule_id(p_caller text, p_job_id bigint) returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_owner text;
begin
  select j.username into v_owner from cron.job j where j.jobid = p_job_id;
  if not found then
    raise exception 'could not find valid entry for job %', p_job_id using errcode = 'XX000';
  end if;
  if v_owner <> p_caller and not pg_catalog.has_table_privilege(p_caller, 'cron.job', 'delete') then
    raise exception 'permission denied for table job' using errcode = '42501';
  end if;
  delete from cron.job j where j.jobid = p_job_id;
  return true;
end
$$;

create or replace function cron._unschedule_name(p_caller text, p_job_name text) returns boolean
language plpgsql
set search_path = ''
as $$
begin
  delete from cron.job j where j.jobname = p_job_name and j.username = p_caller;
  if not found then
    raise exception 'could not find valid entry for job ''%''', p_job_name using errcode = 'XX000';
  end if;
  return true;
end
$$;

-- The real functions are C: they know who called them and write with the owner's rights. Here they insert what is asked for
-- into a view. Its column caller takes the current user by default and nobody may give it, so the trigger behind the view,
-- which has the owner's rights, can believe it.
create or replace view cron._requests as
select
  null::text as caller, null::text as action, null::bigint as job_id, null::text as job_name, null::text as schedule,
  null::text as command, null::text as database, null::text as username, null::boolean as active
where false;
alter view cron._requests alter column caller set default current_user;
grant insert (action, job_id, job_name, schedule, command, database, username, active), select (job_id)
  on cron._requests to public;

create or replace function cron._answer_request() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  case new.action
    when 'schedule' then
      new.job_id := cron._schedule(
        new.caller, new.job_name, new.schedule, new.command, new.database, new.username, new.active);
    when 'schedule in database' then
      -- The view is open to all who may enter the schema; this function is not.
      if not pg_catalog.has_function_privilege(
        new.caller, 'cron.schedule_in_database(text, text, text, text, text, boolean)', 'execute') then
        raise exception 'permission denied for function schedule_in_database' using errcode = '42501';
      end if;
      new.job_id := cron._schedule(
        new.caller, new.job_name, new.schedule, new.command, new.database, new.username, new.active);
    when 'alter' then
      if not pg_catalog.has_function_privilege(
        new.caller, 'cron.alter_job(bigint, text, text, text, text, boolean)', 'execute') then
        raise exception 'permission denied for function alter_job' using errcode = '42501';
      end if;
      perform cron._alter_job(
        new.caller, new.job_id, new.schedule, new.command, new.database, new.username, new.active);
    when 'unschedule id' then
      perform cron._unschedule_id(new.caller, new.job_id);
    when 'unschedule name' then
      perform cron._unschedule_name(new.caller, new.job_name);
  end case;
  return new;
end
$$;
drop trigger if exists answer_request on cron._requests;
create trigger answer_request
  instead of insert on cron._requests for each row execute function cron._answer_request();

create or replace function cron._check_given(p_name text, p_schedule text, p_command text) returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if p_name is null then
    raise exception 'job_name can not be NULL' using errcode = 'XX000';
  elsif p_schedule is null then
    raise exception 'schedule can not be NULL' using errcode = 'XX000';
  elsif p_command is null then
    raise exception 'command can not be NULL' using errcode = 'XX000';
  end if;
end
$$;

create or replace function cron.schedule(schedule text, command text) returns bigint
language plpgsql strict
set search_path = ''
as $$
declare
  v_id bigint;
begin
  insert into cron._requests (action, schedule, command, database, active)
  values ('schedule', $1, $2, pg_catalog.current_database(), true)
  returning job_id into v_id;
  return v_id;
end
$$;

create or replace function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
begin
  perform cron._check_given($1, $2, $3);
  insert into cron._requests (action, job_name, schedule, command, database, active)
  values ('schedule', $1, $2, $3, pg_catalog.current_database(), true)
  returning job_id into v_id;
  return v_id;
end
$$;

create or replace function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
begin
  perform cron._check_given($1, $2, $3);
  if $4 is null then
    raise exception 'database can not be NULL' using errcode = 'XX000';
  end if;
  insert into cron._requests (action, job_name, schedule, command, database, username, active)
  values ('schedule in database', $1, $2, $3, $4, $5, coalesce($6, true))
  returning job_id into v_id;
  return v_id;
end
$$;

create or replace function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
) returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into cron._requests (action, job_id, schedule, command, database, username, active)
  values ('alter', $1, $2, $3, $4, $5, $6);
end
$$;

create or replace function cron.unschedule(job_id bigint) returns boolean
language plpgsql strict
set search_path = ''
as $$
begin
  insert into cron._requests (action, job_id) values ('unschedule id', $1);
  return true;
end
$$;

create or replace function cron.unschedule(job_name text) returns boolean
language plpgsql strict
set search_path = ''
as $$
begin
  insert into cron._requests (action, job_name) values ('unschedule name', $1);
  return true;
end
$$;

revoke execute on function cron.schedule_in_database(text, text, text, text, text, boolean) from public;
revoke execute on function cron.alter_job(bigint, text, text, text, text, boolean) from public;
