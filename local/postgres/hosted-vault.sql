-- What a hosted project grants on Vault: read, delete, create, update; no direct insert, no encryption by hand.
do $$
declare
  v_role text;
  v_option text;
begin
  for v_role, v_option in
    values ('postgres', ' with grant option'), ('service_role', '')
  loop
    continue when (select rolsuper from pg_catalog.pg_roles where rolname = v_role);
    execute format('grant usage on schema vault to %I%s', v_role, v_option);
    execute format('grant select, delete on vault.secrets, vault.decrypted_secrets to %I%s', v_role, v_option);
    execute format(
      'grant execute on function vault.create_secret(text, text, text, uuid),
         vault.update_secret(uuid, text, text, text, uuid),
         vault._crypto_aead_det_decrypt(bytea, bytea, bigint, bytea, bytea) to %I%s', v_role, v_option);
  end loop;
end
$$;
