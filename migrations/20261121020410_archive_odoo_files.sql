-- Why      A batch that moves thousands of files must survive being stopped at any moment: what is pending, being moved and
--          moved is rows, a batch holds a lease, and a file whose move was not confirmed is offered again.
-- Objects  table ops.odoo_attachments; functions ops.register_odoo_attachments, ops.last_odoo_attachment,
--          ops.claim_odoo_attachments, ops.settle_odoo_attachments, ops.count_odoo_attachments.
-- Locks    New objects only. Rollback: drop them; files already in storage stay there.

create table ops.odoo_attachments (
  id bigint primary key check (id > 0),
  name text not null,
  mimetype text,
  size_bytes bigint check (size_bytes >= 0),
  checksum text,
  status text not null default 'pending' check (status in ('pending', 'migrating', 'migrated', 'failed')),
  attempts integer not null default 0,
  run_after timestamptz not null default now(),
  lease_token uuid,
  lease_expires_at timestamptz,
  storage_path text,
  last_error text check (length(last_error) <= 500),
  created_at timestamptz not null default now(),
  migrated_at timestamptz,
  check ((status = 'migrating') = (lease_token is not null)),
  check ((status = 'migrated') = (migrated_at is not null))
);
comment on table ops.odoo_attachments is 'Files of an Odoo database on their way into Supabase Storage, one row each.';
comment on column ops.odoo_attachments.id is 'ir.attachment.id in Odoo.';
comment on column ops.odoo_attachments.checksum is 'SHA-1 of the content as Odoo keeps it, in hex.';
comment on column ops.odoo_attachments.lease_token is 'The batch that is moving the file; a batch whose lease passed on changes nothing any more.';
create index odoo_attachments_pending on ops.odoo_attachments (run_after, id) where status = 'pending';
create index odoo_attachments_leased on ops.odoo_attachments (lease_expires_at) where status = 'migrating';
select ops.restrict_table('ops.odoo_attachments', 'select', 'insert', 'update');
select ops.allow_read('ops.odoo_attachments', '(select ops.is_admin())');

create function ops.register_odoo_attachments(p_attachments jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_added integer;
begin
  insert into ops.odoo_attachments (id, name, mimetype, size_bytes, checksum)
  select a.id, left(coalesce(nullif(a.name, ''), a.id::text), 500), a.mimetype, a.size_bytes, a.checksum
  from jsonb_to_recordset(p_attachments) as a (id bigint, name text, mimetype text, size_bytes bigint, checksum text)
  on conflict (id) do nothing;
  get diagnostics v_added = row_count;
  return v_added;
end
$$;
comment on function ops.register_odoo_attachments(jsonb) is
  'Note files to move: an array of {id, name, mimetype, size_bytes, checksum}. Known ones stay as they are. Returns how many were new.';
select ops.restrict_function('ops.register_odoo_attachments(jsonb)', 'service_role');

create function ops.last_odoo_attachment()
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(max(a.id), 0) from ops.odoo_attachments a
$$;
comment on function ops.last_odoo_attachment() is 'The highest id noted so far; listing goes on from there.';
select ops.restrict_function('ops.last_odoo_attachment()', 'service_role');

create function ops.claim_odoo_attachments(p_limit integer default 25, p_lease interval default '2 minutes')
returns table (id bigint, name text, mimetype text, size_bytes bigint, checksum text, lease_token uuid)
language plpgsql
set search_path = ''
as $$
declare
  v_token uuid := gen_random_uuid();
begin
  -- Whoever held these is gone: a try that ended without a word is a try.
  update ops.odoo_attachments a
  set status = 'pending', lease_token = null, lease_expires_at = null
  where a.status = 'migrating' and a.lease_expires_at < now();
  return query
  update ops.odoo_attachments a
  set status = 'migrating', lease_token = v_token, lease_expires_at = now() + p_lease, attempts = a.attempts + 1
  where a.id in (
    select p.id
    from ops.odoo_attachments p
    where p.status = 'pending' and p.run_after <= now()
    order by p.run_after, p.id
    limit least(greatest(p_limit, 0), 1000)
    for update skip locked
  )
  returning a.id, a.name, a.mimetype, a.size_bytes, a.checksum, a.lease_token;
end
$$;
comment on function ops.claim_odoo_attachments(integer, interval) is
  'The next files to move, held by one lease token. Files of leases that ran out are offered again.';
select ops.restrict_function('ops.claim_odoo_attachments(integer, interval)', 'service_role');

create function ops.settle_odoo_attachments(
  p_lease_token uuid, p_migrated jsonb default '[]', p_failed jsonb default '[]', p_max_attempts integer default 5
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_migrated integer;
  v_failed integer;
  v_released integer;
begin
  update ops.odoo_attachments a
  set status = 'migrated', migrated_at = now(), storage_path = m.path, lease_token = null, lease_expires_at = null, last_error = null
  from jsonb_to_recordset(p_migrated) as m (id bigint, path text)
  where a.id = m.id and a.lease_token = p_lease_token;
  get diagnostics v_migrated = row_count;
  update ops.odoo_attachments a
  set status = case when f.permanent or a.attempts >= p_max_attempts then 'failed' else 'pending' end,
      run_after = now() + make_interval(secs => 30 * power(2, least(a.attempts, 8))),
      lease_token = null, lease_expires_at = null, last_error = left(f.error, 500)
  from jsonb_to_recordset(p_failed) as f (id bigint, error text, permanent boolean)
  where a.id = f.id and a.lease_token = p_lease_token;
  get diagnostics v_failed = row_count;
  -- What was not reached goes back as if it had not been claimed.
  update ops.odoo_attachments a
  set status = 'pending', attempts = a.attempts - 1, lease_token = null, lease_expires_at = null
  where a.lease_token = p_lease_token and a.status = 'migrating';
  get diagnostics v_released = row_count;
  return jsonb_build_object('migrated', v_migrated, 'failed', v_failed, 'released', v_released);
end
$$;
comment on function ops.settle_odoo_attachments(uuid, jsonb, jsonb, integer) is
  'End a batch: p_migrated [{id, path}], p_failed [{id, error, permanent}]; the rest of the lease is handed back untried. A lease that passed on counts 0 everywhere.';
select ops.restrict_function('ops.settle_odoo_attachments(uuid, jsonb, jsonb, integer)', 'service_role');
create index odoo_attachments_lease_token on ops.odoo_attachments (lease_token) where lease_token is not null;

create function ops.count_odoo_attachments()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'total', count(*),
    'migrated', count(*) filter (where a.status = 'migrated'),
    'failed', count(*) filter (where a.status = 'failed'),
    'remaining', count(*) filter (where a.status in ('pending', 'migrating'))
  )
  from ops.odoo_attachments a
$$;
comment on function ops.count_odoo_attachments() is 'How far the move is: {total, migrated, failed, remaining}.';
select ops.restrict_function('ops.count_odoo_attachments()', 'service_role');
