/** What may be said of secrets without telling them: every judgement is made inside the database, and only the verdict travels. */
import * as z from 'zod';
import type { Queryable, Transaction } from '../../../database/connect.ts';
import { textArray } from '../../../database/text-array.ts';
import { inSavepoint } from '../../../database/transaction.ts';

/** Secrets that are decrypted one by one when one of them can't be. */
const MOST_SINGLE = 500;

const Verdict = z.object({
  name: z.string(),
  isEmpty: z.boolean(),
  /** Begins or ends with white space, or holds a control character: a pasted line break. */
  hasWhiteSpace: z.boolean(),
  isHttps: z.boolean(),
  isLoopback: z.boolean(),
  /** `sb_secret_...` and `sb_publishable_...` are no JSON web tokens. */
  isApiKey: z.boolean(),
  /** The ref of a Supabase project in its host; null for any other value. */
  projectRef: z.string().nullable(),
});

/** A secret of the Vault; `verdict` is null when its value can't be decrypted. */
export interface SecretFacts {
  readonly name: string;
  readonly ageMs: number;
  readonly verdict: z.infer<typeof Verdict> | null;
}

const Names = z.array(z.object({ name: z.string(), ageMs: z.number() }));

/** Every named secret with what is wrong with it. */
export async function readSecretFacts(sql: Transaction): Promise<SecretFacts[]> {
  const rows = await sql`
    select name, (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as "ageMs"
    from vault.secrets where name is not null order by name limit 10000`;
  const secrets = Names.parse([...rows]);
  const verdicts = await judgeAll(
    sql,
    secrets.map(({ name }) => name),
  );
  return secrets.map((secret) => ({ ...secret, verdict: verdicts.get(secret.name) ?? null }));
}

/** One statement for all; when that fails, one for each, so that one bad secret does not hide the others. */
async function judgeAll(
  sql: Transaction,
  names: readonly string[],
): Promise<ReadonlyMap<string, z.infer<typeof Verdict>>> {
  const together = await attempt(() => inSavepoint(sql, (inner) => judge(inner, names)));
  if (together !== null) return new Map(together.map((verdict) => [verdict.name, verdict]));
  if (names.length > MOST_SINGLE) {
    throw new Error(
      `one of ${names.length} secrets can't be decrypted, which are too many to try one by one`,
    );
  }
  const found = new Map<string, z.infer<typeof Verdict>>();
  for (const name of names) {
    const [verdict] = (await attempt(() => inSavepoint(sql, (inner) => judge(inner, [name])))) ?? [];
    if (verdict !== undefined) found.set(name, verdict);
  }
  return found;
}

async function judge(sql: Queryable, names: readonly string[]): Promise<z.infer<typeof Verdict>[]> {
  const rows = await sql`
    select s.name,
           s.decrypted_secret = '' as "isEmpty",
           s.decrypted_secret ~ '^\\s|\\s$|[[:cntrl:]]' as "hasWhiteSpace",
           s.decrypted_secret ~* '^https://' as "isHttps",
           s.decrypted_secret ~* '^http://(127(\\.\\d+){3}|localhost|\\[::1\\])([:/]|$)' as "isLoopback",
           s.decrypted_secret ~ '^sb_(secret|publishable)_' as "isApiKey",
           lower((regexp_match(s.decrypted_secret, '^https?://([a-z0-9]{20})\\.(?:functions\\.)?supabase\\.(?:co|in|red)', 'i'))[1])
             as "projectRef"
    from vault.decrypted_secrets s
    where s.name = any (${textArray(names)}::text[])`;
  return z.array(Verdict).parse([...rows]);
}

/** Null when the server refused (it quotes what it could not decrypt, so its words go nowhere). */
async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'severity' in error) return null;
    throw error;
  }
}
