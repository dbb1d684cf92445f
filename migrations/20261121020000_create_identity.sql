-- Why      People enter: rows belong to organisations, and a signed-in user sees those of the organisations they are in.
-- Objects  functions ops.new_id, ops.id_floor, ops.current_user_id, ops.my_org_ids, ops.is_admin, ops.allow_read; tables
--          ops.orgs, ops.org_members, ops.admins; USAGE on schema ops for authenticated (not anon).
-- Locks    New objects only. Rollback: drop them, last first, and revoke USAGE; nobody but service_role then reads anything.

-- RFC 9562 version 7: 48 bits of milliseconds, then 12 bits of the fraction (its method 3), so that ids made one after
-- another sort in that order to the microsecond, and a b-tree grows at its right edge. plpgsql takes half the time of sql.
create function ops.new_id()
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  return (
    lpad(to_hex(v_us / 1000), 12, '0') || '7' || lpad(to_hex(v_us % 1000 * 4096 / 1000), 3, '0')
    -- The variant and 62 random bits of a version 4 id.
    || right(gen_random_uuid()::text, 17)
  )::uuid;
end
$$;
comment on function ops.new_id() is 'A new UUID version 7: sorts by the microsecond it was made in. Default of uuid keys.';
select ops.restrict_function('ops.new_id()', 'authenticated', 'service_role');

-- Immutable: of a timestamptz only the epoch is asked, which no time zone changes.
create function ops.id_floor(p_at timestamptz)
returns uuid
language sql
immutable
parallel safe
set search_path = ''
as $$
  select (
    lpad(to_hex(t.us / 1000), 12, '0') || '7' || lpad(to_hex(t.us % 1000 * 4096 / 1000), 3, '0') || '8000000000000000'
  )::uuid
  from (
    -- What 48 bits of milliseconds can say: 1970 to the year 10889, so infinity too has a floor.
    select (least(greatest(extract(epoch from p_at), 0), 281474976710.655999) * 1000000)::bigint as us where p_at is not null
  ) t
$$;
comment on function ops.id_floor(timestamptz) is
  'The smallest id ops.new_id can make at this instant: id >= ops.id_floor(t) are the rows made at t or later, by the index of the key.';
select ops.restrict_function('ops.id_floor(timestamptz)', 'authenticated', 'service_role');

create table ops.orgs (
  id uuid primary key default ops.new_id(),
  name text not null check (length(btrim(name)) between 1 and 200),
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  created_at timestamptz not null default now()
);
comment on table ops.orgs is 'Organisations: whose projects, builds and advisories rows are.';
select ops.restrict_table('ops.orgs', 'select', 'insert', 'update', 'delete');

-- No foreign key to auth.users: it belongs to Supabase, and a plain database has none.
create table ops.org_members (
  org_id uuid not null references ops.orgs (id) on delete cascade,
  user_id uuid not null,
  role text not null default 'member' check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null default now(),
  primary key (org_id, user_id)
);
comment on table ops.org_members is 'Who is in which organisation. Owners and admins manage members; every member reads what the organisation has.';
comment on column ops.org_members.user_id is 'The sub of the user''s JWT (auth.users.id).';
create index org_members_user_id on ops.org_members (user_id) include (org_id);
select ops.restrict_table('ops.org_members', 'select', 'insert', 'update', 'delete');

create table ops.admins (
  user_id uuid primary key,
  created_at timestamptz not null default now()
);
comment on table ops.admins is
  'Admins of the control room: they see jobs, alerts and migrations. An organisation''s rows they see only as its members.';
comment on column ops.admins.user_id is 'The sub of the user''s JWT (auth.users.id).';
select ops.restrict_table('ops.admins', 'select', 'insert', 'delete');

-- A policy that raises takes the whole request with it, so garbage means nobody. The block with an exception is a
-- subtransaction, which PostgreSQL 15 and 16 forbid in parallel plans: these functions stay parallel unsafe.
create function ops.current_user_id()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_claims text := nullif(current_setting('request.jwt.claims', true), '');
begin
  if v_claims is null then
    return null;
  end if;
  return (v_claims::jsonb ->> 'sub')::uuid;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;
comment on function ops.current_user_id() is
  'The user a request speaks for: sub of request.jwt.claims, as PostgREST sets it. Null without claims, without sub, or when it is no uuid.';
select ops.restrict_function('ops.current_user_id()', 'authenticated', 'service_role');

-- Security definer: the policy of ops.org_members asks it, and would otherwise ask itself for ever. It tells only the
-- caller's own memberships.
create function ops.my_org_ids()
returns setof uuid
language sql
stable
security definer
rows 4
set search_path = ''
as $$
  select m.org_id from ops.org_members m where m.user_id = (select ops.current_user_id())
$$;
comment on function ops.my_org_ids() is
  'Organisations the signed-in user is a member of. In policies: org_id in (select ops.my_org_ids()), which runs once per statement.';
select ops.restrict_function('ops.my_org_ids()', 'authenticated', 'service_role');

-- Security definer: as ops.my_org_ids, for ops.admins. It tells only whether the caller is one.
create function ops.is_admin()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (select from ops.admins a where a.user_id = (select ops.current_user_id()))
$$;
comment on function ops.is_admin() is
  'Whether the signed-in user is an admin of the control room. In policies: (select ops.is_admin()).';
select ops.restrict_function('ops.is_admin()', 'authenticated', 'service_role');

create function ops.allow_read(p_table regclass, p_using text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not exists (select from pg_catalog.pg_roles r where r.rolname = 'authenticated') then
    return;
  end if;
  execute format('grant select on table %s to authenticated', p_table);
  execute format('create policy member_select on %s for select to authenticated using (%s)', p_table, p_using);
end
$$;
comment on function ops.allow_read(regclass, text) is
  'Migrations only, after ops.restrict_table: let the signed-in read the rows for which the condition holds. Write calls as (select f()), once per statement.';
select ops.restrict_function('ops.allow_read(regclass, text)');

select ops.allow_read('ops.orgs', 'id in (select ops.my_org_ids())');
select ops.allow_read('ops.org_members', 'org_id in (select ops.my_org_ids())');
select ops.allow_read('ops.admins', '(select ops.is_admin())');

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    grant usage on schema ops to authenticated;
  end if;
end
$$;
