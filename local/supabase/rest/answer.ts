/** From the one row of the statement to the answer: status, headers, body, and what the functions overrode. */
import * as z from 'zod';
import type { Outgoing } from '../http/message.ts';
import { RestError } from './rest-error.ts';

/** The row of statements/respond.ts. */
export interface Result {
  readonly total: number | null;
  readonly rows: number;
  readonly location: Readonly<Record<string, string>> | null;
  readonly body: string;
  readonly headers: string | null;
  readonly status: string | null;
  readonly inserted: number | null;
}

/** Reads the row. */
export function readResult(row: readonly (string | null)[] | undefined): Result {
  const [
    total = null,
    rows = null,
    location = null,
    body = null,
    headers = null,
    status = null,
    inserted = null,
  ] = row ?? [];
  return {
    total: total === null ? null : Number(total),
    rows: Number(rows ?? 0),
    location: location === null ? null : Location.parse(JSON.parse(location)),
    body: body ?? '',
    headers,
    status,
    inserted: inserted === null ? null : Number(inserted),
  };
}

const Location = z.record(z.string(), z.string());

/** An answer before the overrides. */
export interface Draft {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Lays `response.status` and `response.headers` over the answer. @throws RestError PGRST111, PGRST112 */
export function finish(draft: Draft, result: Result): Outgoing {
  const status = result.status === null ? draft.status : readStatus(result.status);
  const headers =
    result.headers === null ? draft.headers : { ...draft.headers, ...readHeaders(result.headers) };
  return { status, headers, body: draft.body };
}

const GucHeaders = z.array(
  z.record(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/), z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/)),
);

function readHeaders(text: string): Record<string, string> {
  const parsed = GucHeaders.safeParse(parseOrNull(text));
  if (!parsed.success || parsed.data.some((each) => Object.keys(each).length !== 1)) {
    throw new RestError(
      500,
      'PGRST111',
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    );
  }
  const pairs = parsed.data.flatMap((each) => Object.entries(each));
  return Object.fromEntries(pairs.map(([key, value]) => [key.toLowerCase(), value]));
}

function readStatus(text: string): number {
  const status = Number(text);
  if (/^\d{3}$/.test(text) && status >= 200 && status <= 599) return status;
  throw new RestError(500, 'PGRST112', 'response.status guc must be a valid status code');
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** 406 unless there is exactly one row. */
export function requireSingle(result: Result): void {
  if (result.rows === 1) return;
  throw new RestError(406, 'PGRST116', 'Cannot coerce the result to a single JSON object', {
    details: `The result contains ${result.rows} rows`,
  });
}
