import * as z from 'zod';
import { lazily } from '../declare/lazily.ts';
import type { Queryable } from './connect.ts';
import { textArray } from './text-array.ts';

/** What may be told of a secret. */
export const VaultSecret = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  /** ISO 8601, to the microsecond. */
  updated_at: z.string(),
  age_ms: z.number(),
});
export type VaultSecret = z.infer<typeof VaultSecret>;

/** Every named secret: names, descriptions and dates, nothing that would have to be decrypted. */
export async function readSecrets(sql: Queryable): Promise<VaultSecret[]> {
  const rows = await sql`
    select id, name, description,
           to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated_at,
           (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as age_ms
    from vault.secrets
    where name is not null
    order by name`;
  return z.array(VaultSecret).parse([...rows]);
}

/** The same for a role that may not use schema vault. */
export async function readSecretsOnBehalf(sql: Queryable): Promise<VaultSecret[]> {
  const rows = await sql`
    select id, name, description,
           to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated_at,
           (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as age_ms
    from ops.plan_secrets()`;
  return z.array(VaultSecret).parse([...rows]);
}

/** A value we would store, as a keyed digest: what the database compares without the value travelling. */
export interface SecretProbe {
  readonly name: string;
  /** Hex HMAC-SHA-256 of the value. */
  readonly hmac: string;
}

/** The two 64-byte blocks of HMAC (RFC 2104): the key xored with the inner and the outer pad, hex. */
export interface HmacBlocks {
  readonly inner: string;
  readonly outer: string;
}

const matches = lazily(() => z.array(z.object({ name: z.string(), same: z.boolean().nullable() })));
export type SecretMatch = z.infer<ReturnType<typeof matches>>[number];

/**
 * Whether stored secrets hold the probed values. HMAC is built from core's sha256, so neither pgcrypto nor the value is
 * needed. Raises when one of the secrets can't be decrypted.
 */
export async function matchSecrets(
  sql: Queryable,
  probes: readonly SecretProbe[],
  blocks: HmacBlocks,
): Promise<SecretMatch[]> {
  const rows = await sql`
    select s.name,
           sha256(decode(${blocks.outer}, 'hex')
                  || sha256(decode(${blocks.inner}, 'hex') || convert_to(s.decrypted_secret, 'UTF8')))
             = decode(probe.hmac, 'hex') as same
    from unnest(${textArray(probes.map((probe) => probe.name))}::text[],
                ${textArray(probes.map((probe) => probe.hmac))}::text[]) as probe (name, hmac)
    join vault.decrypted_secrets s on s.name = probe.name`;
  return matches().parse([...rows]);
}

/** A secret to store. The value leaves this process as a bind parameter only. */
export interface SecretValue {
  readonly name: string;
  readonly description: string;
  readonly value: string;
}

/** Create secrets: one statement for all. */
export async function createSecrets(sql: Queryable, secrets: readonly SecretValue[]): Promise<void> {
  await sql`
    select count(vault.create_secret(value, name, description))
    from unnest(${textArray(secrets.map((secret) => secret.value))}::text[],
                ${textArray(secrets.map((secret) => secret.name))}::text[],
                ${textArray(secrets.map((secret) => secret.description))}::text[]) as secret (value, name, description)`;
}

/** What to change about a stored secret; a null value keeps the one it has. */
export interface SecretUpdate {
  readonly id: string;
  readonly description: string;
  readonly value: string | null;
}

/** Update secrets by id: one statement for all. */
export async function updateSecrets(sql: Queryable, secrets: readonly SecretUpdate[]): Promise<void> {
  await sql`
    select count(*)
    from unnest(${textArray(secrets.map((secret) => secret.id))}::uuid[],
                ${textArray(secrets.map((secret) => secret.value))}::text[],
                ${textArray(secrets.map((secret) => secret.description))}::text[]) as secret (id, value, description),
         lateral vault.update_secret(secret.id, secret.value, null, secret.description) as updated`;
}

/** Delete secrets by id. */
export async function deleteSecrets(sql: Queryable, ids: readonly string[]): Promise<void> {
  await sql`delete from vault.secrets where id = any (${textArray(ids)}::uuid[])`;
}

/** A piece of a job's command that is a secret: where it stands, counted in characters from 1. */
export interface SecretInCommand {
  readonly jobid: string;
  /** md5 of the whole command as it was read: the place is only true for that text. */
  readonly commandMd5: string;
  readonly start: number;
  readonly length: number;
  readonly name: string;
  readonly description: string;
}

/**
 * Copy secrets from commands of `cron.job` into the Vault without their travelling: the statement carries places, not
 * values. Names the Vault has already are left alone. Returns the names stored.
 */
export async function storeSecretsOfCommands(
  sql: Queryable,
  secrets: readonly SecretInCommand[],
): Promise<string[]> {
  const rows = await sql`
    select place.name, vault.create_secret(substring(j.command from place.start for place.length), place.name, place.description)
    from unnest(${textArray(secrets.map((secret) => secret.jobid))}::bigint[],
                ${textArray(secrets.map((secret) => secret.commandMd5))}::text[],
                ${textArray(secrets.map((secret) => secret.start))}::int[],
                ${textArray(secrets.map((secret) => secret.length))}::int[],
                ${textArray(secrets.map((secret) => secret.name))}::text[],
                ${textArray(secrets.map((secret) => secret.description))}::text[])
         as place (jobid, command_md5, start, length, name, description)
    join cron.job j on j.jobid = place.jobid and md5(j.command) = place.command_md5
    where not exists (select from vault.secrets s where s.name = place.name)
    order by place.name`;
  return z
    .array(z.object({ name: z.string() }))
    .parse([...rows])
    .map((row) => row.name);
}
