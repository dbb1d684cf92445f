-- Why      Who is in an organisation is decided by its owners and admins, or by service_role, and never leaves it ownerless.
-- Objects  functions ops.calling_role, ops.require_org_manager, ops.create_org, ops.add_member, ops.set_member_role,
--          ops.remove_member, ops.grant_admin, ops.revoke_admin.
-- Locks    New objects only. Rollback: drop them; members are then managed by writing rows as service_role.

create function ops.calling_role()
returns name
language sql
stable
set search_path = ''
as $$
  select coalesce(nullif(current_setting('role', true), 'none'), session_user)::name
$$;
comment on function ops.calling_role() is
  'The role a statement came in with, as PostgREST or a login set it; inside a security definer function too, where current_user is the owner.';
select ops.restrict_function('ops.calling_role()');

create function ops.require_org_manager(p_org_id uuid, p_for_owners boolean)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_role name := ops.calling_role();
begin
  -- Changes of one organisation's members wait for each other, or two owners could remove each other at once.
  perform from ops.orgs o where o.id = p_org_id for no key update;
  -- Whoever may write the rows may do so here too.
  if has_table_privilege(v_role, 'ops.org_members', 'insert')
    and has_table_privilege(v_role, 'ops.org_members', 'update')
    and has_table_privilege(v_role, 'ops.org_members', 'delete')
  then
    return;
  end if;
  if not exists (
    select from ops.org_members m
    where m.org_id = p_org_id
      and m.user_id = (select ops.current_user_id())
      and (m.role = 'owner' or (m.role = 'admin' and not p_for_owners))
  ) then
    -- One answer, also for an organisation that does not exist: it tells nobody who owns what.
    raise exception 'only owners manage an organisation, and its admins the members who are not owners'
      using errcode = 'insufficient_privilege';
  end if;
end
$$;
comment on function ops.require_org_manager(uuid, boolean) is
  'Lock an organisation''s memberships, and refuse who may not change them: service_role and owners may, admins where no owner is concerned.';
select ops.restrict_function('ops.require_org_manager(uuid, boolean)');

create function ops.create_org(p_name text, p_slug text, p_owner uuid)
returns uuid
language sql
set search_path = ''
as $$
  with created as (
    insert into ops.orgs (name, slug) values (btrim(p_name), p_slug) returning id
  )
  insert into ops.org_members (org_id, user_id, role)
  select c.id, p_owner, 'owner' from created c
  returning org_id
$$;
comment on function ops.create_org(text, text, uuid) is 'A new organisation with its first owner. Returns its id; a taken slug is a unique violation.';
select ops.restrict_function('ops.create_org(text, text, uuid)', 'service_role');

-- Security definer, like the two below: owners and admins act for their organisation without rights on the table. Each
-- asks ops.require_org_manager first.
create function ops.add_member(p_org_id uuid, p_user_id uuid, p_role text default 'member')
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform ops.require_org_manager(p_org_id, p_role is not distinct from 'owner');
  insert into ops.org_members (org_id, user_id, role)
  values (p_org_id, p_user_id, p_role)
  on conflict (org_id, user_id) do nothing;
  return found;
end
$$;
comment on function ops.add_member(uuid, uuid, text) is
  'Add a user to an organisation. False, and nothing changed, when they are in it already. Only owners add owners.';
select ops.restrict_function('ops.add_member(uuid, uuid, text)', 'authenticated', 'service_role');

create function ops.require_another_owner(p_org_id uuid, p_user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not exists (
    select from ops.org_members m where m.org_id = p_org_id and m.role = 'owner' and m.user_id <> p_user_id
  ) then
    raise exception 'the last owner of an organisation stays its owner'
      using errcode = 'restrict_violation', hint = 'Make somebody else an owner first.';
  end if;
end
$$;
comment on function ops.require_another_owner(uuid, uuid) is 'Refuse to go on when an organisation would be without an owner.';
select ops.restrict_function('ops.require_another_owner(uuid, uuid)');

create function ops.set_member_role(p_org_id uuid, p_user_id uuid, p_role text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_role text;
begin
  perform ops.require_org_manager(p_org_id, p_role is not distinct from 'owner');
  select m.role into v_role from ops.org_members m where m.org_id = p_org_id and m.user_id = p_user_id;
  if v_role = 'owner' and p_role <> 'owner' then
    perform ops.require_org_manager(p_org_id, true);
    perform ops.require_another_owner(p_org_id, p_user_id);
  end if;
  update ops.org_members m
  set role = p_role
  where m.org_id = p_org_id and m.user_id = p_user_id and m.role is distinct from p_role;
  return found;
end
$$;
comment on function ops.set_member_role(uuid, uuid, text) is
  'Change a member''s role. False when they are not in the organisation or have it already. Owners are made and unmade by owners; the last stays.';
select ops.restrict_function('ops.set_member_role(uuid, uuid, text)', 'authenticated', 'service_role');

create function ops.remove_member(p_org_id uuid, p_user_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_role text;
begin
  -- Anybody may leave; the lock is taken all the same.
  perform from ops.orgs o where o.id = p_org_id for no key update;
  select m.role into v_role from ops.org_members m where m.org_id = p_org_id and m.user_id = p_user_id;
  if p_user_id is distinct from ops.current_user_id() then
    perform ops.require_org_manager(p_org_id, v_role is not distinct from 'owner');
  end if;
  if v_role = 'owner' then
    perform ops.require_another_owner(p_org_id, p_user_id);
  end if;
  delete from ops.org_members m where m.org_id = p_org_id and m.user_id = p_user_id;
  return found;
end
$$;
comment on function ops.remove_member(uuid, uuid) is
  'Take a user out of an organisation; everybody may leave. False when they were not in it. Only owners remove owners; the last stays.';
select ops.restrict_function('ops.remove_member(uuid, uuid)', 'authenticated', 'service_role');

create function ops.grant_admin(p_user_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  insert into ops.admins (user_id) values (p_user_id) on conflict (user_id) do nothing;
  return found;
end
$$;
comment on function ops.grant_admin(uuid) is 'Make a user an admin of the control room. False when they are one already.';
select ops.restrict_function('ops.grant_admin(uuid)', 'service_role');

create function ops.revoke_admin(p_user_id uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  delete from ops.admins a where a.user_id = p_user_id;
  return found;
end
$$;
comment on function ops.revoke_admin(uuid) is 'Take the rights of an admin of the control room from a user. False when they had none.';
select ops.restrict_function('ops.revoke_admin(uuid)', 'service_role');
