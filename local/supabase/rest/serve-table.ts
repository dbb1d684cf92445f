/** Requests to tables and views. */
import type { Outgoing } from '../http/message.ts';
import { type Draft, finish, type Result, requireSingle } from './answer.ts';
import { readPayload } from './body.ts';
import type { Column, Table } from './catalog/model.ts';
import type { RestContext } from './context.ts';
import { settingsFor } from './context.ts';
import { type Executed, execute } from './execute.ts';
import { readQuery } from './parse/query.ts';
import { findTable, type Level, type Planning, planRead, rootConditions } from './plan/read-plan.ts';
import { preferenceApplied } from './preferences.ts';
import { contentRange, intersect, rangeStatus, readRangeHeader } from './range.ts';
import type { RestRequest } from './request.ts';
import { noSuchColumn, RestError } from './rest-error.ts';
import { integer, type Sql, sql } from './sql-text.ts';
import { insert, type Returning, remove, update } from './statements/mutate.ts';
import { countRows, readRows } from './statements/read.ts';
import { respond } from './statements/respond.ts';

/** Reads rows: GET and HEAD. */
export async function serveRead(context: RestContext, request: RestRequest): Promise<Outgoing> {
  const { incoming, preferences, media, target } = request;
  const planning = planningOf(context, request);
  const level = planRead(planning, findTable(context.catalog, request.schema, target.name), false);
  level.range = intersect(level.range, readRangeHeader(incoming.headers.range));
  const head = incoming.method === 'HEAD';
  const executed = await execute(context.pool, {
    settings: settingsFor(context, request, { readOnly: true }),
    role: request.identity.role,
    statement: respond({
      source: readRows(level, 'table'),
      rows: sql`select * from pgrst_source`,
      count: countFor(context, request, countRows(level)),
      body: head ? null : { media, returns: null },
      location: null,
    }),
    estimate: wantsEstimate(request) ? countRows(level) : null,
    judge: null,
  });
  const { result } = executed;
  if (media.shape === 'object') requireSingle(result);
  const total = totalOf(context, request, executed);
  const draft = ranged(request, level.range.offset, result, total);
  return finish(
    {
      ...draft,
      headers: {
        ...draft.headers,
        ...contentLocation(target.name, planning.query.canonical),
        ...preferenceApplied({
          count: preferences.count,
          handling: preferences.handling,
          timezone: preferences.timezone,
        }),
      },
    },
    result,
  );
}

/** Changes rows: POST, PATCH and DELETE. */
export async function serveMutation(context: RestContext, request: RestRequest): Promise<Outgoing> {
  const { incoming, preferences, media, target } = request;
  const planning = planningOf(context, request);
  const table = findTable(context.catalog, request.schema, target.name);
  const level = planRead(planning, table, true);
  const full = preferences.return === 'representation';
  const returning = full
    ? neededColumns(level, table)
    : preferences.return === 'headers-only' && table.primaryKey.length > 0
      ? table.primaryKey
      : 'nothing';
  const source = mutationOf({ planning, request, table, level, returning });
  const judges = judgesOf(request);
  const { result } = await execute(context.pool, {
    settings: settingsFor(context, request, { readOnly: false }),
    role: request.identity.role,
    statement: respond({
      source,
      rows: full ? readRows(level, 'result') : sql`select * from pgrst_source`,
      count: null,
      body: full ? { media, returns: null } : null,
      location: incoming.method === 'POST' && preferences.return === 'headers-only' ? table.primaryKey : null,
    }),
    estimate: null,
    judge: judges,
  });
  return finish(mutated(request, result, table, planning), result);
}

/** Clients give up on headers of 16 KiB; the address of a longer query says nothing they need. */
const longestLocation = 4_096;

function contentLocation(table: string, query: string): Readonly<Record<string, string>> {
  const location = `/${encodeURIComponent(table)}${query === '' ? '' : `?${query}`}`;
  return location.length > longestLocation ? {} : { 'content-location': location };
}

/** How a request is planned. */
function planningOf(context: RestContext, request: RestRequest): Planning {
  return {
    catalog: context.catalog,
    schema: request.schema,
    query: readQuery(request.incoming.search, false),
    maxRows: context.maxRows,
  };
}

/** What an exact count counts; an estimate counts only as far as it would be exact anyway. */
export function countFor(context: RestContext, { preferences }: RestRequest, rows: Sql): Sql | null {
  if (preferences.count === 'exact') return rows;
  if (preferences.count !== 'estimated') return null;
  return context.maxRows === null ? rows : sql`${rows} limit ${integer(context.maxRows + 1)}`;
}

/** Whether the planner is asked. */
export function wantsEstimate({ preferences }: RestRequest): boolean {
  return preferences.count === 'planned' || preferences.count === 'estimated';
}

/** The total a client hears of. */
export function totalOf(
  { maxRows }: RestContext,
  { preferences }: RestRequest,
  { result, planned }: Executed,
): number | null {
  if (preferences.count === 'planned') return planned;
  const { total } = result;
  if (preferences.count !== 'estimated' || total === null || maxRows === null || total <= maxRows)
    return total;
  return Math.max(total, planned ?? 0);
}

/** An answer with rows of a range. */
export function ranged(request: RestRequest, offset: number, result: Result, total: number | null): Draft {
  const status = rangeStatus(offset, result.rows, total);
  if (status === 416) {
    throw new RestError(416, 'PGRST103', 'Requested range not satisfiable', {
      details: `An offset of ${offset} was requested, but there are only ${total} rows.`,
      headers: { 'content-range': contentRange(offset, offset - 1, total) },
    });
  }
  return {
    status,
    headers: {
      'content-range': contentRange(offset, offset + result.rows - 1, total),
      ...contentHeaders(request),
    },
    body: request.incoming.method === 'HEAD' ? null : result.body,
  };
}

/** Content-Type, and the schema when the client named one. */
export function contentHeaders({ media, profile, schema }: RestRequest): Readonly<Record<string, string>> {
  return { 'content-type': media.contentType, ...(profile ? { 'content-profile': schema } : {}) };
}

interface Mutation {
  readonly planning: Planning;
  readonly request: RestRequest;
  readonly table: Table;
  readonly level: Level;
  readonly returning: Returning;
}

function mutationOf({ planning, request, table, level, returning }: Mutation): Sql {
  const { incoming, preferences } = request;
  const conditions = rootConditions(planning, level);
  if (incoming.method === 'DELETE') {
    if (conditions.length === 0) throw unsafe('DELETE');
    return remove(table, { conditions, returning });
  }
  const payload = readPayload(incoming.body, incoming.headers['content-type'], {
    forRoutine: false,
    columns: planning.query.columns,
  });
  if (payload.kind !== 'json') throw new Error('a body without rows');
  const columns = payload.keys.map((key) => writableColumn(table, key));
  const rows = {
    text: payload.text,
    isObject: payload.isObject,
    columns,
    defaults: preferences.missing === 'default',
  };
  if (incoming.method === 'PATCH') {
    if (conditions.length === 0 && columns.length > 0) throw unsafe('UPDATE');
    return update(table, rows, { conditions, returning });
  }
  const keys = planning.query.onConflict?.map((key) => conflictColumn(table, key)) ?? primaryKeyOf(table);
  const onConflict =
    preferences.resolution === null ? null : { columns: keys, resolution: preferences.resolution };
  return insert(table, rows, { onConflict, returning });
}

/** What the extension safeupdate says, which hosted loads for the Data API. */
function unsafe(verb: 'UPDATE' | 'DELETE'): RestError {
  return new RestError(400, '21000', `${verb} requires a WHERE clause`);
}

function writableColumn(table: Table, key: string): Column {
  const column = table.columns.get(key);
  if (column !== undefined) return column;
  throw new RestError(
    400,
    'PGRST204',
    `Could not find the '${key}' column of '${table.name}' in the schema cache`,
  );
}

function conflictColumn(table: Table, key: string): Column {
  const column = table.columns.get(key);
  if (column === undefined) throw noSuchColumn(table.name, key, null);
  return column;
}

function primaryKeyOf(table: Table): Column[] {
  return table.primaryKey.flatMap((key) => table.columns.get(key) ?? []);
}

/** Columns the answer reads, so that a right on these is enough. */
function neededColumns(level: Level, table: Table): Returning {
  if (level.outputs.some(({ kind }) => kind === 'all')) return 'all';
  const selected = level.outputs.flatMap((each) => (each.kind === 'field' ? [each.field.column.name] : []));
  const joining = level.children.flatMap(({ embedding }) => {
    const { columns = [], junction = null } = embedding?.relationship ?? {};
    return [...columns, ...(junction?.source ?? [])].map(([own]) => own);
  });
  return [...new Set([...selected, ...joining, ...table.primaryKey])];
}

function judgesOf({ media, preferences }: RestRequest): ((result: Result) => void) | null {
  const single = media.shape === 'object' && preferences.return === 'representation';
  const most = preferences.handling === 'strict' ? preferences.maxAffected : null;
  if (!single && most === null) return null;
  return (result) => {
    if (most !== null && result.rows > most) {
      throw new RestError(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', {
        details: `The query affects ${result.rows} rows`,
      });
    }
    if (single) requireSingle(result);
  };
}

function mutated(request: RestRequest, result: Result, table: Table, planning: Planning): Draft {
  const { incoming, preferences } = request;
  const full = preferences.return === 'representation';
  const total = preferences.count === 'exact' ? result.rows : null;
  const post = incoming.method === 'POST';
  const merges = preferences.resolution === 'merge-duplicates';
  const resolvable = table.primaryKey.length > 0 || planning.query.onConflict !== null;
  const range =
    incoming.method === 'PATCH' ? contentRange(0, result.rows - 1, total) : contentRange(1, 0, total);
  const applied = preferenceApplied({
    resolution: post && resolvable ? preferences.resolution : null,
    return: preferences.return,
    count: preferences.count,
    missing: incoming.method === 'DELETE' ? null : preferences.missing,
    handling: preferences.handling,
    timezone: preferences.timezone,
    maxAffected: post ? null : preferences.maxAffected,
  });
  const success = post
    ? merges && result.inserted !== null && result.inserted <= 0
      ? 200
      : 201
    : full
      ? 200
      : 204;
  return {
    status: success,
    headers: {
      'content-range': range,
      ...applied,
      ...(full ? contentHeaders(request) : {}),
      ...(result.location === null ? {} : { location: locationOf(table.name, result.location) }),
    },
    body: full ? result.body : null,
  };
}

function locationOf(table: string, key: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(key).map(
    ([column, value]) => `${encodeURIComponent(column)}=${encodeURIComponent(value)}`,
  );
  return `/${encodeURIComponent(table)}?${pairs.join('&')}`;
}
