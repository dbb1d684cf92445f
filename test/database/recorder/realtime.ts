/**
 * Realtime's part of a database, as far as Broadcast from the database goes: what the service's own migrations make (supabase/realtime,
 * lib/realtime/tenants/repo/migrations, read in 2026), owner, rights, partitions and the silence of `send` about errors included.
 */
import type { Sql } from 'postgres';

/** @param superuser the service connects as one, or as supabase_realtime_admin */
export async function addRealtime(superuser: Sql): Promise<void> {
  await superuser.unsafe(`
    create schema realtime;
    do $$
    begin
      if not exists (select from pg_roles where rolname = 'supabase_realtime_admin') then
        create role supabase_realtime_admin noinherit nologin;
      end if;
    end
    $$;
    grant all on schema realtime to supabase_realtime_admin;
    grant usage on schema realtime to postgres, anon, authenticated, service_role;
    create table realtime.messages (
      topic text not null,
      extension text not null,
      payload jsonb,
      event text,
      private boolean default false,
      updated_at timestamp not null default now(),
      inserted_at timestamp not null default now(),
      id uuid not null default gen_random_uuid(),
      primary key (id, inserted_at)
    ) partition by range (inserted_at);
    alter table realtime.messages enable row level security;
    alter table realtime.messages owner to supabase_realtime_admin;
    grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;
    grant delete, truncate, references, trigger on realtime.messages to postgres;
    create function realtime.topic() returns text language sql stable
      as $$ select nullif(current_setting('realtime.topic', true), '')::text $$;
    create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
    returns void
    language plpgsql
    as $$
    declare
      message_id uuid := gen_random_uuid();
      message jsonb := case when payload ? 'id' then payload else jsonb_set(payload, '{id}', to_jsonb(message_id)) end;
    begin
      begin
        execute format('set local realtime.topic to %L', topic);
        insert into realtime.messages (id, payload, event, topic, private, extension)
        values (message_id, message, event, topic, private, 'broadcast');
      exception
        when others then
          raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
      end;
    end
    $$;
    alter function realtime.topic() owner to supabase_realtime_admin;
    alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;
  `);
}

/** What supautils.policy_grants lets the role postgres do on a hosted project. */
export async function letOwnerWritePolicies(superuser: Sql): Promise<void> {
  await superuser`grant supabase_realtime_admin to postgres`;
}

/** The partition of today, which Realtime makes while a project is connected. */
export async function addTodaysPartition(superuser: Sql): Promise<void> {
  const [row] = await superuser<{ name: string; day: string; next: string }[]>`
    select 'messages_' || to_char(localtimestamp, 'YYYY_MM_DD') as name, to_char(localtimestamp, 'YYYY-MM-DD') as day,
           to_char(localtimestamp + interval '1 day', 'YYYY-MM-DD') as next`;
  await superuser.unsafe(
    `create table realtime.${row?.name} partition of realtime.messages for values from ('${row?.day}') to ('${row?.next}')`,
  );
}
