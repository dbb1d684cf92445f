import type { PostgrestError } from '@supabase/supabase-js';
import type * as z from 'zod';
import { HttpProblem } from '../http/problem.ts';
import type { OpsClient } from './clients.ts';

/** The database refused: its SQLSTATE decides what the caller is told; its message stays in the cause. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
  readonly code: string;
  readonly status: number;

  constructor(what: string, error: PostgrestError, status: number) {
    super(`${what}: ${error.code} ${error.message}`);
    this.code = error.code;
    this.status = status;
  }
}

/**
 * Call a function of schema ops.
 *
 * @throws HttpProblem 503 when the database can't be reached, DatabaseRefused when it answers with an error, and an
 *   Error when the answer does not have the expected shape
 */
export async function callRpc<Schema extends z.ZodType>(
  client: OpsClient,
  name: string,
  schema: Schema,
  args: Readonly<Record<string, unknown>> = {},
): Promise<z.output<Schema>> {
  const { data, error, status } = await client.rpc(name, args);
  if (error !== null) throw refusal(`ops.${name}`, error, status);
  return checked(`ops.${name}`, schema, data);
}

/** The same for a function of the exposed schema public. */
export async function callPublicRpc<Schema extends z.ZodType>(
  client: OpsClient,
  name: string,
  schema: Schema,
  args: Readonly<Record<string, unknown>> = {},
): Promise<z.output<Schema>> {
  const { data, error, status } = await client.schema('public').rpc(name, args);
  if (error !== null) throw refusal(name, error, status);
  return checked(name, schema, data);
}

/** The same for a table query built with `client.from(...)`. */
export async function readRows<Schema extends z.ZodType>(
  query: PromiseLike<{ data: unknown; error: PostgrestError | null; status: number }>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { data, error, status } = await query;
  if (error !== null) throw refusal('a query', error, status);
  return checked('a query', schema, data);
}

function refusal(what: string, error: PostgrestError, status: number): Error {
  if (
    status === 0 ||
    status === 503 ||
    status === 504 ||
    error.code.startsWith('08') ||
    error.code === 'PGRST003'
  ) {
    return new HttpProblem(503, 'database_unavailable', 'The database did not answer; try again.', {
      headers: { 'retry-after': '5' },
      cause: new Error(`${what}: ${error.message}`),
    });
  }
  return new DatabaseRefused(what, error, status);
}

function checked<Schema extends z.ZodType>(what: string, schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new Error(`${what} answered in an unexpected shape`, { cause: result.error });
}
