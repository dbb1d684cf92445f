import * as z from 'zod';
import type { ConnectionFailure, DatabaseError } from '../database/database-error.ts';
import { RestError } from './rest-error.ts';

/** What PostgREST answers for an error of the database. @param authenticated a token or key said who calls */
export function databaseProblem(error: DatabaseError, authenticated: boolean): RestError {
  if (error.code === 'PGRST') return raised(error);
  const { code, message, detail, hint } = error;
  const status = statusOf(error, authenticated);
  return new RestError(status, code, message, {
    details: detail,
    hint,
    ...(status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
  });
}

/** What it answers when the database cannot be reached. */
export function connectionProblem(error: ConnectionFailure): RestError {
  switch (error.kind) {
    case 'open':
      return new RestError(503, 'PGRST000', 'Database connection error. Retrying the connection.');
    case 'lost':
      return new RestError(503, 'PGRST001', 'Database client error. Retrying the connection.');
    case 'busy':
      return new RestError(504, 'PGRST003', 'Timed out acquiring connection from connection pool.');
  }
}

/** By exact code first, then by class: the order of the rows decides. */
const statuses: readonly (readonly [RegExp, number])[] = [
  [/^08/, 503],
  [/^09/, 500],
  [/^0[LP]/, 403],
  [/^2350[35]$/, 409],
  [/^25006$/, 405],
  [/^21000$/, 500],
  [/^25/, 500],
  [/^28/, 403],
  [/^2D/, 500],
  [/^3[89B]/, 500],
  [/^40/, 500],
  [/^53400$/, 500],
  [/^53/, 503],
  [/^5[45]/, 500],
  [/^57P01$/, 503],
  [/^5[78]/, 500],
  [/^F0/, 500],
  [/^HV/, 500],
  [/^P0001$/, 400],
  [/^P0/, 500],
  [/^XX/, 500],
  [/^42883$/, 404],
  [/^42P01$/, 404],
  [/^42P17$/, 500],
];

function statusOf({ code, message }: DatabaseError, authenticated: boolean): number {
  if (code === '42501') return authenticated ? 403 : 401;
  if (code === '21000' && message.endsWith('requires a WHERE clause')) return 400;
  if (code === '22023') return /^role .* does not exist$/s.test(message) ? 401 : 400;
  if (code.startsWith('PT')) return statusNumber(Number(code.slice(2)));
  return statuses.find(([pattern]) => pattern.test(code))?.[1] ?? 400;
}

function statusNumber(value: number): number {
  return Number.isInteger(value) && value >= 200 && value <= 599 ? value : 500;
}

const RaisedMessage = z.object({
  code: z.string(),
  message: z.string(),
  details: z.string().nullish(),
  hint: z.string().nullish(),
});
const RaisedDetail = z.object({
  status: z.int().min(200).max(599),
  headers: z.record(z.string(), z.string()),
});

/** `raise sqlstate 'PGRST'`: the function says the whole answer, in JSON. */
function raised({ message, detail }: DatabaseError): RestError {
  const body = RaisedMessage.safeParse(parseOrNull(message));
  if (!body.success) return badRaise(`Invalid JSON value for MESSAGE: '${message}'`, messageHint);
  if (detail === null) return badRaise('DETAIL is missing in the RAISE statement', detailHint);
  const response = RaisedDetail.safeParse(parseOrNull(detail));
  if (!response.success) return badRaise(`Invalid JSON value for DETAIL: '${detail}'`, detailHint);
  const { code, message: text, details = null, hint = null } = body.data;
  return new RestError(response.data.status, code, text, {
    details,
    hint,
    headers: Object.fromEntries(
      Object.entries(response.data.headers).map(([key, value]) => [key.toLowerCase(), value]),
    ),
  });
}

const messageHint =
  "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.";
const detailHint =
  "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.";

function badRaise(details: string, hint: string): RestError {
  return new RestError(500, 'PGRST121', 'Could not parse JSON in the "RAISE SQLSTATE \'PGRST\'" error', {
    details,
    hint,
  });
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
