/** The database: the way to it, what our role may do there, what it offers and how it is set. */

import * as z from 'zod';
import type { Queryable, Sql } from '../../database/connect.ts';
import { connectionPlace, explainConnectionError } from '../../database/connection-errors.ts';
import { isLoopback, parseConnectionTarget } from '../../database/connection-target.ts';
import { readTransaction } from '../../database/transaction.ts';
import type { DesiredState } from '../../declare/model.ts';
import { errorMessage } from '../../io/errors.ts';
import { capabilitiesOf, missingNet } from '../../reconcile/capabilities.ts';
import { cronGaps } from '../../reconcile/cron-gaps.ts';
import type { MissingCapability } from '../../reconcile/model.ts';
import { redactSecrets } from '../../reconcile/redact.ts';
import type { SeenFacts } from '../advice/facts.ts';
import { readWithin } from '../advice/read-facts.ts';
import type { ClockReading } from './clocks.ts';
import { lookAtExtensions, lookAtMigrations, lookAtScheduler, lookAtVault } from './database-contents.ts';
import { type DoctorItem, itemsOf, judged } from './item.ts';

const database = itemsOf('database');

/** What was seen, and the clock of the server when it answered. */
export interface DatabaseLook {
  readonly items: readonly DoctorItem[];
  readonly clock: ClockReading | null;
}

/** Looks at a database; one that can't be reached is one item. */
export async function lookAtDatabase(sql: Sql, url: string, desired: DesiredState): Promise<DatabaseLook> {
  try {
    const clock = await readClock(sql);
    const { facts, applied, session } = await readTransaction(sql, async (tx) => ({
      session: await readSession(tx),
      applied: await readApplied(tx),
      facts: await readWithin(tx, new Date()),
    }));
    const { host, port, database: name, user } = connectionPlace(sql);
    return {
      clock,
      items: [
        database.good('reachable', 'Connection', `${host}:${port}, database ${name}, user ${user}`),
        lookAtTls(url, session.encrypted),
        lookAtPooler(url),
        ...lookAtRole(facts, desired),
        ...lookAtExtensions(facts, desired),
        ...lookAtScheduler(facts, desired),
        lookAtMigrations(applied, desired),
        lookAtVault(facts, desired),
      ],
    };
  } catch (error) {
    return {
      clock: null,
      items: [unreachable(explainConnectionError(error, connectionPlace(sql)) ?? error)],
    };
  }
}

function unreachable(error: unknown): DoctorItem {
  const message = errorMessage(error);
  const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
  return database.bad('reachable', 'Connection', {
    status: 'error',
    detail: redactSecrets(message),
    remedy: typeof hint === 'string' ? hint : 'Try the same connection string with psql.',
  });
}

async function readClock(sql: Sql): Promise<ClockReading> {
  // The first question also connects; only the second tells how long an answer takes.
  await sql`select 1`;
  const before = Date.now();
  const [row] = await sql<{ at: Date }[]>`select clock_timestamp() as at`;
  const after = Date.now();
  return {
    at: (row?.at ?? new Date(after)).getTime(),
    hereAt: (before + after) / 2,
    roughMs: (after - before) / 2,
  };
}

const Session = z.array(z.object({ encrypted: z.boolean().nullable() }));

async function readSession(sql: Queryable): Promise<{ readonly encrypted: boolean | null }> {
  const rows =
    await sql`select (select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_backend_pid()) as encrypted`;
  return Session.parse([...rows])[0] ?? { encrypted: null };
}

async function readApplied(sql: Queryable): Promise<ReadonlySet<string> | null> {
  const [table] = await sql<{ readable: boolean | null }[]>`
    select pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_schema_privilege(n.oid, 'usage') as readable
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations'`;
  if (table === undefined) return new Set();
  if (table.readable !== true) return null;
  const rows = await sql<{ version: string }[]>`select version from supabase_migrations.schema_migrations`;
  return new Set(rows.map(({ version }) => version));
}

/** The pooler ends TLS itself, so the server alone can't tell: what the connection string demands counts too. */
function lookAtTls(url: string, encrypted: boolean | null): DoctorItem {
  const { host, sslMode } = parseConnectionTarget(url);
  const title = 'Encryption';
  if (isLoopback(host)) return database.good('tls', title, 'The connection does not leave this machine.');
  if (sslMode === 'disable' || encrypted === false) {
    return database.bad('tls', title, {
      status: 'error',
      detail: 'The connection is not encrypted: password, secrets and rows travel in the clear.',
      remedy: 'Leave sslmode out of the connection string (verify-full), and turn TLS on at the server.',
    });
  }
  if (sslMode === 'require') {
    return database.bad('tls', title, {
      status: 'warning',
      detail: 'Encrypted, and nobody verifies who answers (sslmode=require).',
      remedy:
        'Leave sslmode out (verify-full); give the authority with sslrootcert= where the server has one of its own.',
    });
  }
  return database.good('tls', title, `Encrypted and verified (${sslMode}).`);
}

function lookAtPooler(url: string): DoctorItem {
  const { host, port } = parseConnectionTarget(url);
  const title = 'Way in';
  if (/^db\.[a-z]{20}\.supabase\.co$/.test(host) && port === 5432) {
    return database.bad('pooler', title, {
      status: 'warning',
      detail: 'The direct address of hosted Supabase answers on IPv6 only, which runners of GitHub lack.',
      remedy: "Use the pooler's connection string in CI (dashboard, Connect): session mode, port 5432.",
    });
  }
  if (port === 6543) {
    return database.good(
      'pooler',
      title,
      'Transaction pooler: good for plans, applies and scans; `opsroom work` polls here instead of listening.',
    );
  }
  return database.good('pooler', title, host.includes('pooler') ? 'Session pooler.' : 'Direct connection.');
}

function lookAtRole(facts: SeenFacts, desired: DesiredState): readonly DoctorItem[] {
  const { target } = facts;
  if (target.kind !== 'seen') return [];
  const { user, reader, superuser } = target.value;
  const capabilities = capabilitiesOf(target.value);
  const gaps: readonly MissingCapability[] = [
    ...cronGaps(capabilities, desired.jobs),
    ...missingNet(capabilities, desired.jobs),
  ];
  const who = reader === null ? user : `${reader}, which can only look (${user} applies)`;
  return [
    judged(database, 'role', 'Role', {
      good: who,
      trouble: superuser
        ? {
            status: 'warning',
            detail: `Role ${user} is a superuser: a mistake in a file could do anything to the server.`,
            remedy: 'Apply as a role that owns schema ops and no more; on Supabase that is postgres.',
          }
        : null,
    }),
    ...gaps.map((gap, index) =>
      database.bad(`rights.${index + 1}`, `Missing: ${gap.name}`, {
        status: 'error',
        detail: `${gap.consequence}.`,
        remedy: gap.remedy,
      }),
    ),
    ...(gaps.length === 0
      ? [database.good('rights', 'Rights', 'Everything the files need may be done.')]
      : []),
  ];
}
