-- Stand-in for pg_net 0.20: the SQL half. The half that sends requests is net-worker.ts.
-- Tables, functions, messages and grants follow pg_net 0.20.4. Safe to repeat over an earlier version of itself.

create schema if not exists net;
comment on schema net is 'Stand-in for pg_net 0.20 (ops control room, local only)';
grant usage on schema net to public;

do $$
begin
  if to_regtype('net.http_method') is null then
    create domain net.http_method as text
      check (value ilike 'get' or value ilike 'post' or value ilike 'delete');
  end if;
  if to_regtype('net.request_status') is null then
    create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
  end if;
  if to_regtype('net.http_response') is null then
    create type net.http_response as (status_code integer, headers jsonb, body text);
  end if;
  if to_regtype('net.http_response_result') is null then
    create type net.http_response_result as (status net.request_status, message text, response net.http_response);
  end if;
end
$$;

create unlogged table if not exists net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);

create unlogged table if not exists net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
create index if not exists _http_response_created_idx on net._http_response (created);

grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;

create or replace function net._urlencode_string(string varchar) returns text
language sql immutable strict
set search_path = ''
as $$
  select coalesce(string_agg(
    case when c.code in (45, 46, 95, 126) or chr(c.code) ~ '[0-9A-Za-z]' and c.code < 128
      then chr(c.code) else '%' || lpad(to_hex(c.code), 2, '0') end,
    '' order by c.position), '')
  from (
    select i as position, get_byte(b.bytes, i) as code
    from (select convert_to(string, 'UTF8') as bytes) b, generate_series(0, length(b.bytes) - 1) i
  ) c
$$;

create or replace function net._encode_url_with_params_array(url text, params_array text[]) returns text
language plpgsql immutable strict
set search_path = ''
as $$
declare
  v_base text := split_part(url, '#', 1);
  v_fragment text := substring(url, '#.*$');
  v_authority text;
  v_problem text;
begin
  v_authority := substring(v_base, '^[A-Za-z][A-Za-z0-9+.-]*://([^/?]*)');
  if v_authority is null then
    v_problem := 'Bad scheme';
  elsif v_authority = '' then
    v_problem := 'No host part in the URL';
  elsif url ~ '[\x01-\x20\x7f]' then
    v_problem := 'Malformed input to a URL function';
  elsif v_authority ~ ':[0-9]*[^0-9\]:]+[0-9]*$' and v_authority !~ '@' then
    v_problem := 'Port number was not a decimal number between 0 and 65535';
  end if;
  if v_problem is not null then
    raise exception 'invalid URL "%": %', url, v_problem using errcode = 'XX000';
  end if;
  if v_base ~ '^[^:]+://[^/?]*$' then
    v_base := v_base || '/';
  end if;
  if cardinality(params_array) > 0 then
    v_base := v_base || case when v_base like '%?%' then '&' else '?' end || array_to_string(params_array, '&');
  end if;
  return v_base || coalesce(v_fragment, '');
end
$$;

create or replace function net._url_with_params(url text, params jsonb) returns text
language sql immutable
set search_path = ''
as $$
  select net._encode_url_with_params_array(url, coalesce(
    (select array_agg(net._urlencode_string(p.key::varchar) || '=' || net._urlencode_string(p.value::varchar))
     from jsonb_each_text(params) p), '{}'))
$$;

-- A notification arrives when the transaction commits, as the real wake-up does; a rollback sends nothing.
create or replace function net.wake() returns void
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('opsroom_net_standin', 'wake');
end
$$;

create or replace function net.worker_restart() returns bool
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('opsroom_net_standin', 'restart');
  return true;
end
$$;

-- The worker holds this lock for as long as it lives.
create or replace function net._worker_is_up() returns boolean
language sql
set search_path = ''
as $$
  select exists (
    select from pg_catalog.pg_locks l
    join pg_catalog.pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and l.classid = 1869640562 and l.objid = 1852797984 and l.granted
      and d.datname = current_database()
  )
$$;

create or replace function net.check_worker_is_up() returns void
language plpgsql
set search_path = ''
as $$
begin
  if not net._worker_is_up() then
    raise exception using message = 'the pg_net background worker is not up', detail = 'the pg_net background worker is down due to an internal error and cannot process requests', hint = 'make sure that you didn''t modify any of pg_net internal tables';
  end if;
end
$$;

create or replace function net.wait_until_running() returns void
language plpgsql
set search_path = ''
as $$
begin
  while not net._worker_is_up() loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
end
$$;

create or replace function net.http_get(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000
) returns bigint
language plpgsql parallel unsafe
set search_path = ''
as $$
declare
  v_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
  values ('GET', net._url_with_params($1, $2), $3, $4)
  returning id into v_id;
  perform net.wake();
  return v_id;
end
$$;

create or replace function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds int default 5000
) returns bigint
language plpgsql parallel unsafe
set search_path = ''
as $$
declare
  v_id bigint;
  v_headers jsonb := $4;
  v_content_type text;
begin
  select h.value into v_content_type
  from jsonb_each_text(coalesce(v_headers, '{}')) h
  where lower(h.key) = 'content-type'
  limit 1;
  if v_content_type is null then
    v_headers := v_headers || '{"Content-Type": "application/json"}';
  elsif v_content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values ('POST', net._url_with_params($1, $3), v_headers, convert_to($2::text, 'UTF8'), $5)
  returning id into v_id;
  perform net.wake();
  return v_id;
end
$$;

create or replace function net.http_delete(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint
language plpgsql parallel unsafe
set search_path = ''
as $$
declare
  v_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values ('DELETE', net._url_with_params($1, $2), $3, convert_to($5::text, 'UTF8'), $4)
  returning id into v_id;
  perform net.wake();
  return v_id;
end
$$;

create or replace function net._await_response(request_id bigint) returns bool
language plpgsql strict
set search_path = ''
as $$
begin
  while not exists (select from net._http_response r where r.id = request_id) loop
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return true;
end
$$;

create or replace function net._http_collect_response(request_id bigint, async bool default true)
returns net.http_response_result
language plpgsql strict
set search_path = ''
as $$
declare
  v_response net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select r.* into v_response from net._http_response r where r.id = request_id;
  if not found then
    if exists (select from net.http_request_queue q where q.id = request_id) then
      return ('PENDING', 'request is pending processing', null)::net.http_response_result;
    end if;
    return ('ERROR', 'request matching request_id not found', null)::net.http_response_result;
  end if;
  if v_response.error_msg is not null then
    return ('ERROR', v_response.error_msg, null)::net.http_response_result;
  end if;
  return (
    'SUCCESS', 'ok',
    (v_response.status_code, v_response.headers, v_response.content)::net.http_response
  )::net.http_response_result;
end
$$;
