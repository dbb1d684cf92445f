-- Stand-in for Supabase Vault 0.3: encrypted secrets. Signatures, columns, messages and grants follow vault 0.3.1.
-- The key lies in a file of the server's data folder, outside every table and dump, as the real root key does. Only functions
-- of the superuser can read that file. Safe to repeat over an earlier version of itself.

create schema if not exists vault;
comment on schema vault is 'Stand-in for Supabase Vault 0.3 (ops control room, local only)';
revoke all on schema vault from public;

-- The key is made by the server and goes straight into the file: no statement, log or client ever holds it.
do $$
declare
  v_path text := current_setting('data_directory') || '/opsroom_vault_standin.key';
begin
  if (pg_stat_file('opsroom_vault_standin.key', true)).size is null then
    execute format(
      'copy (select encode(extensions.gen_random_bytes(32), ''hex'')) to %L', v_path);
  end if;
end
$$;

create table if not exists vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea default extensions.gen_random_bytes(16),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;

create or replace function vault._key(p_purpose text) returns bytea
language sql stable
set search_path = ''
as $$
  select extensions.hmac(
    convert_to(p_purpose, 'UTF8'),
    decode(trim(trailing E'\n' from pg_catalog.pg_read_file('opsroom_vault_standin.key')), 'hex'),
    'sha256')
$$;

create or replace function vault._crypto_aead_det_noncegen() returns bytea
language sql
set search_path = ''
as $$ select extensions.gen_random_bytes(16) $$;

-- Deterministic authenticated encryption: AES-256-CBC under an initialization vector made from nonce, additional data and
-- message, followed by an HMAC over all of it. The same secret under the same id and nonce gives the same text, as in the original.
create or replace function vault._crypto_aead_det_encrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_bound bytea := coalesce(nonce, '') || sha256(additional) || context || convert_to(key_id::text, 'UTF8');
  v_iv bytea;
  v_sealed bytea;
begin
  if message is null then
    return null;
  end if;
  v_iv := substring(extensions.hmac(v_bound || message, vault._key('iv'), 'sha256') from 1 for 16);
  v_sealed := v_iv || extensions.encrypt_iv(message, vault._key('encrypt'), v_iv, 'aes-cbc/pad:pkcs');
  return v_sealed || extensions.hmac(v_bound || v_sealed, vault._key('authenticate'), 'sha256');
end
$$;

create or replace function vault._crypto_aead_det_decrypt(
  message bytea, additional bytea, key_id bigint, context bytea default 'pgsodium', nonce bytea default null
) returns bytea
language plpgsql stable security definer
set search_path = ''
as $$
declare
  v_bound bytea := coalesce(nonce, '') || sha256(additional) || context || convert_to(key_id::text, 'UTF8');
  v_sealed bytea;
begin
  if message is null then
    return null;
  end if;
  if length(message) < 64 then
    raise exception 'invalid ciphertext' using errcode = '22000';
  end if;
  v_sealed := substring(message from 1 for length(message) - 32);
  if extensions.hmac(v_bound || v_sealed, vault._key('authenticate'), 'sha256')
    is distinct from substring(message from length(message) - 31) then
    raise exception 'invalid ciphertext' using errcode = '22000';
  end if;
  return extensions.decrypt_iv(
    substring(v_sealed from 17), vault._key('encrypt'), substring(v_sealed from 1 for 16), 'aes-cbc/pad:pkcs');
end
$$;

create or replace view vault.decrypted_secrets as
select
  s.id, s.name, s.description, s.secret,
  convert_from(
    vault._crypto_aead_det_decrypt(
      message => decode(s.secret, 'base64'), additional => convert_to(s.id::text, 'utf8'), key_id => 0,
      context => 'pgsodium'::bytea, nonce => s.nonce),
    'utf8') as decrypted_secret,
  s.key_id, s.nonce, s.created_at, s.updated_at
from vault.secrets s;

create or replace function vault._sealed(p_id uuid, p_secret text, p_nonce bytea) returns text
language sql stable
set search_path = ''
as $$
  select encode(
    vault._crypto_aead_det_encrypt(
      message => convert_to(p_secret, 'utf8'), additional => convert_to(p_id::text, 'utf8'), key_id => 0,
      context => 'pgsodium'::bytea, nonce => p_nonce),
    'base64')
$$;

-- The original writes the plain secret first and seals it with an update; here it never touches the disk. Its error for a
-- missing description still shows the secret to the client, because code that passes null must be noticed on a laptop too.
create or replace function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid
language plpgsql security definer
set search_path = ''
as $$
declare
  v_id uuid := gen_random_uuid();
  v_nonce bytea := vault._crypto_aead_det_noncegen();
begin
  if new_description is null then
    raise not_null_violation using
      message = 'null value in column "description" of relation "secrets" violates not-null constraint',
      detail = format(
        'Failing row contains (%s, %s, null, %s, null, %s, %s, %s).',
        v_id, coalesce(new_name, 'null'), coalesce(new_secret, 'null'), v_nonce, current_timestamp, current_timestamp),
      schema = 'vault', table = 'secrets', column = 'description';
  end if;
  insert into vault.secrets (id, name, description, secret, nonce)
  values (v_id, new_name, new_description, vault._sealed(v_id, new_secret, v_nonce), v_nonce);
  return v_id;
end
$$;

create or replace function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void
language plpgsql security definer
set search_path = ''
as $$
begin
  -- A row that cannot be decrypted cannot be updated either.
  perform d.decrypted_secret from vault.decrypted_secrets d where d.id = secret_id;
  update vault.secrets s
  set secret = coalesce(vault._sealed(s.id, new_secret, s.nonce), s.secret),
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    updated_at = current_timestamp
  where s.id = secret_id;
end
$$;

revoke all on all functions in schema vault from public;
