import type { Payload } from '../body.ts';
import { type Catalog, keyOf, type Parameter, type Routine } from '../catalog/model.ts';
import { nearest } from '../catalog/suggest.ts';
import { RestError } from '../rest-error.ts';

/** How a function is called: which one, and with what. */
export interface Called {
  readonly routine: Routine;
  /** The one unnamed parameter that takes the whole body; null when arguments go by name. */
  readonly whole: Parameter | null;
}

/** What a call gives. */
export interface Call {
  readonly schema: string;
  readonly name: string;
  readonly keys: readonly string[];
  /** The body of a POST; null for GET and HEAD. */
  readonly payload: Payload | null;
}

/** Finds the function a call means. @throws RestError PGRST202 for none, PGRST203 for several */
export function findRoutine(catalog: Catalog, call: Call): Called {
  const overloads = catalog.routines.get(keyOf(call.schema, call.name)) ?? [];
  const keys = new Set(call.keys);
  const byName = overloads.filter((routine) => takes(routine, keys, call.payload));
  const [named, ...otherNamed] = byName;
  if (named !== undefined) {
    if (otherNamed.length > 0) throw ambiguous(byName);
    return { routine: named, whole: null };
  }
  const byBody = overloads.filter((routine) => takesWhole(routine, call.payload));
  const [whole, ...otherWhole] = byBody;
  if (whole === undefined) throw noRoutine(catalog, call, overloads);
  if (otherWhole.length > 0) throw ambiguous(byBody);
  return { routine: whole, whole: whole.parameters[0] ?? null };
}

function takes({ parameters }: Routine, keys: ReadonlySet<string>, payload: Payload | null): boolean {
  if (payload?.kind === 'raw') return false;
  if (parameters.length === 0) return keys.size === 0;
  const names = new Set(parameters.map(({ name }) => name));
  return (
    [...keys].every((key) => names.has(key)) &&
    parameters.every(({ name, required }) => !required || keys.has(name))
  );
}

function takesWhole({ parameters }: Routine, payload: Payload | null): boolean {
  const [only, ...others] = parameters;
  if (payload === null || payload.kind === 'form' || only === undefined || others.length > 0) return false;
  if (only.name !== '') return false;
  if (payload.kind === 'json') return only.type === 'json' || only.type === 'jsonb';
  return only.type === payload.type;
}

function ambiguous(routines: readonly Routine[]): RestError {
  const list = routines.map(
    ({ schema, name, parameters }) =>
      `${schema}.${name}(${parameters.map((each) => `${each.name} => ${each.type}`).join(', ')})`,
  );
  return new RestError(
    300,
    'PGRST203',
    `Could not choose the best candidate function between: ${list.join(', ')}`,
    {
      hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
    },
  );
}

function noRoutine(catalog: Catalog, call: Call, overloads: readonly Routine[]): RestError {
  const { schema, name, payload } = call;
  const keys = [...new Set(call.keys)].sort();
  const called = `${schema}.${name}`;
  const raw = payload?.kind === 'raw' ? payload.type : null;
  const inMessage = raw !== null ? '' : keys.length === 0 ? ' without parameters' : `(${keys.join(', ')})`;
  return new RestError(
    404,
    'PGRST202',
    `Could not find the function ${called}${inMessage} in the schema cache`,
    {
      details: `Searched for the function ${called}${inDetails(raw, keys, payload)}, but no matches were found in the schema cache.`,
      hint: raw === null ? hintFor(catalog, call, keys, overloads) : null,
    },
  );
}

function inDetails(raw: string | null, keys: readonly string[], payload: Payload | null): string {
  if (raw !== null) return ` with a single unnamed ${raw} parameter`;
  const given =
    keys.length === 0
      ? ' without parameters'
      : ` with parameter${keys.length > 1 ? 's' : ''} ${keys.join(', ')}`;
  return payload?.kind === 'json' ? `${given} or with a single unnamed json/jsonb parameter` : given;
}

function hintFor(
  catalog: Catalog,
  { schema, name }: Call,
  keys: readonly string[],
  overloads: readonly Routine[],
): string | null {
  const hint = 'Perhaps you meant to call the function';
  if (overloads.length > 0) {
    const lists = overloads.map(
      ({ parameters }) =>
        `(${parameters
          .map((each) => each.name)
          .sort()
          .join(', ')})`,
    );
    const meant = nearest(`(${keys.join(', ')})`, lists);
    return meant === null ? null : `${hint} ${schema}.${name}${meant}`;
  }
  const names = [...catalog.routines.values()].flatMap(([first]) =>
    first !== undefined && first.schema === schema ? [first.name] : [],
  );
  const meant = nearest(name, names);
  return meant === null ? null : `${hint} ${schema}.${meant}`;
}
