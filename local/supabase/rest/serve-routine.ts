/** Calls of functions. */
import type { Outgoing } from '../http/message.ts';
import { finish, type Result, requireSingle } from './answer.ts';
import { type Payload, readPayload } from './body.ts';
import type { Column, Routine } from './catalog/model.ts';
import { type RestContext, settingsFor } from './context.ts';
import { execute } from './execute.ts';
import { type Query, readQuery } from './parse/query.ts';
import { type Called, findRoutine } from './plan/find-routine.ts';
import { planRead, type Source } from './plan/read-plan.ts';
import { preferenceApplied } from './preferences.ts';
import { intersect, readRangeHeader } from './range.ts';
import type { RestRequest } from './request.ts';
import { RestError } from './rest-error.ts';
import { countFor, ranged, totalOf, wantsEstimate } from './serve-table.ts';
import { type Arguments, call } from './statements/call.ts';
import { countRows, readRows } from './statements/read.ts';
import { respond } from './statements/respond.ts';

/** Calls a function: POST with a body, GET and HEAD with arguments in the query. */
export async function serveCall(context: RestContext, request: RestRequest): Promise<Outgoing> {
  const { incoming, preferences, media, target } = request;
  const reading = incoming.method !== 'POST';
  const query = readQuery(incoming.search, reading);
  const payload = reading
    ? null
    : readPayload(incoming.body, incoming.headers['content-type'], {
        forRoutine: true,
        columns: query.columns,
      });
  const called = findRoutine(context.catalog, {
    schema: request.schema,
    name: target.name,
    keys: keysOf(payload, query),
    payload,
  });
  const { routine } = called;
  const level = planRead(
    { catalog: context.catalog, schema: request.schema, query, maxRows: context.maxRows },
    sourceOf(context, routine),
    false,
  );
  level.range = intersect(level.range, reading ? readRangeHeader(incoming.headers.range) : null);
  const head = incoming.method === 'HEAD';
  const readOnly = reading || routine.volatility !== 'volatile';
  const executed = await execute(context.pool, {
    settings: settingsFor(context, request, { readOnly, routine }),
    role: request.identity.role,
    statement: respond({
      source: call(routine, argumentsOf(called, payload, query)),
      rows: readRows(level, 'result'),
      count: countFor(context, request, countRows(level, 'result')),
      body: head || routine.returns.kind === 'void' ? null : { media, returns: routine.returns },
      location: null,
    }),
    // The planner is asked without calling: a second call would run the function twice.
    estimate: null,
    judge: judgeOf(request, routine, readOnly),
  });
  const { result } = executed;
  if (readOnly && media.shape === 'object' && routine.returns.kind !== 'void') requireSingle(result);
  const total = totalOf(
    context,
    request,
    wantsEstimate(request) ? { result, planned: result.total } : executed,
  );
  const draft = ranged(request, level.range.offset, result, total);
  const applied = preferenceApplied({
    count: preferences.count,
    handling: preferences.handling,
    timezone: preferences.timezone,
    maxAffected: preferences.maxAffected,
  });
  const headers = { ...draft.headers, ...applied };
  if (routine.returns.kind !== 'void') return finish({ ...draft, headers }, result);
  const { 'content-type': _, 'content-profile': __, ...bare } = headers;
  return finish({ status: 204, headers: bare, body: null }, result);
}

function keysOf(payload: Payload | null, query: Query): string[] {
  if (payload === null) return query.arguments.map(([key]) => key);
  if (payload.kind === 'json') return [...payload.keys];
  return payload.kind === 'form' ? payload.fields.map(([key]) => key) : [];
}

function argumentsOf({ routine, whole }: Called, payload: Payload | null, query: Query): Arguments {
  if (whole !== null && payload !== null && payload.kind !== 'form') {
    return { kind: 'whole', text: payload.text, parameter: whole };
  }
  if (payload?.kind === 'json') {
    const parameters = routine.parameters.filter(({ name }) => payload.keys.includes(name));
    return parameters.length === 0
      ? { kind: 'none' }
      : { kind: 'json', text: payload.text, isObject: payload.isObject, parameters };
  }
  const fields = payload?.kind === 'form' ? payload.fields : query.arguments;
  const values = routine.parameters.flatMap((parameter) => {
    const given = fields.filter(([key]) => key === parameter.name).map(([, value]) => value);
    return given.length === 0 ? [] : [[parameter, given] as const];
  });
  return values.length === 0 ? { kind: 'none' } : { kind: 'texts', values };
}

/** What a select and filters see: the table's columns, the function's own, or its one value. */
function sourceOf({ catalog }: RestContext, routine: Routine): Source {
  const { returns } = routine;
  const table =
    returns.table === null ? undefined : catalog.tables.get(`${returns.table.schema}\0${returns.table.name}`);
  if (table !== undefined && returns.kind === 'composite') return table;
  const columns: readonly Column[] =
    returns.kind === 'composite' ? returns.columns : [{ name: 'pgrst_scalar', type: 'text', default: null }];
  return {
    schema: routine.schema,
    name: routine.name,
    columns: new Map(columns.map((column) => [column.name, column])),
  };
}

function judgeOf(
  { media, preferences }: RestRequest,
  routine: Routine,
  readOnly: boolean,
): ((result: Result) => void) | null {
  const most = preferences.handling === 'strict' ? preferences.maxAffected : null;
  if (most !== null && !routine.returns.set) {
    throw new RestError(
      400,
      'PGRST128',
      'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
    );
  }
  const single = media.shape === 'object' && !readOnly && routine.returns.set;
  if (most === null && !single) return null;
  return (result) => {
    if (most !== null && result.rows > most) {
      throw new RestError(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', {
        details: `The query affects ${result.rows} rows`,
      });
    }
    if (single) requireSingle(result);
  };
}
