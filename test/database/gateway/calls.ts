/**
 * The table of calls both runtimes make with the unmodified client, and what section "REST contract" of PostgREST's behaviour says
 * they get. Plain data and one function without imports, so that Deno runs this very file.
 */

/** What is compared of an answer. */
export interface Outcome {
  readonly status: number;
  readonly data?: unknown;
  readonly count?: number | null;
  readonly code?: string;
  readonly message?: string;
  readonly details?: unknown;
  readonly hint?: string | null;
}

// The client's builders have no common type that a table could hold without the generated description of a database.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Client = any;

/** One call. */
export interface Call {
  readonly name: string;
  readonly run: (client: Client) => PromiseLike<unknown>;
  readonly expected: Outcome;
}

/** Calls that only read, or that leave nothing behind; made with the secret key. */
export const CALLS: readonly Call[] = [
  { name: 'a scalar', run: (c) => c.rpc('add', { a: 1, b: 2 }), expected: { status: 200, data: 3 } },
  { name: 'a default argument', run: (c) => c.rpc('add', { a: 1 }), expected: { status: 200, data: 11 } },
  { name: 'void', run: (c) => c.rpc('nothing'), expected: { status: 204, data: null } },
  { name: 'a null', run: (c) => c.rpc('a_null'), expected: { status: 200, data: null } },
  {
    name: 'a function by GET',
    run: (c) => c.rpc('add', { a: 2, b: 3 }, { get: true }),
    expected: { status: 200, data: 5 },
  },
  {
    name: 'an array by GET',
    run: (c) => c.rpc('sum_all', { list: [1, 2, 3] }, { get: true }),
    expected: { status: 200, data: 6 },
  },
  {
    name: 'an array by POST',
    run: (c) => c.rpc('sum_all', { list: [4, 5] }),
    expected: { status: 200, data: 9 },
  },
  {
    name: 'a function by HEAD with a count',
    run: (c) => c.rpc('calm', {}, { head: true, count: 'exact' }),
    expected: { status: 200, data: null, count: 3 },
  },
  {
    name: 'one row of a table',
    run: (c) => c.rpc('person', { id: 1 }).select('name'),
    expected: { status: 200, data: { name: 'Ada' } },
  },
  {
    name: 'rows of a table, filtered, ordered and embedded',
    run: (c) => c.rpc('calm').select('name,teams(name)').gt('id', 1).order('id', { ascending: false }),
    expected: {
      status: 200,
      data: [
        { name: 'Alan (T.)', teams: null },
        { name: 'Edsger', teams: { name: 'south' } },
      ],
    },
  },
  {
    name: 'a set of scalars',
    run: (c) => c.rpc('numbers', { upto: 3 }),
    expected: { status: 200, data: [1, 2, 3] },
  },
  {
    name: 'a table function',
    run: (c) => c.rpc('pairs_of', { n: 2 }).select('y').eq('x', 2),
    expected: { status: 200, data: [{ y: 'y2' }] },
  },
  {
    name: 'out parameters',
    run: (c) => c.rpc('out_params'),
    expected: { status: 200, data: { a: 1, b: 'two' } },
  },
  {
    name: 'one unnamed json parameter',
    run: (c) => c.rpc('echo', { any: ['thing'] }),
    expected: { status: 200, data: { any: ['thing'] } },
  },
  {
    name: 'a variadic parameter',
    run: (c) => c.rpc('joined', { words: ['a', 'b'] }),
    expected: { status: 200, data: 'a-b' },
  },
  {
    name: 'a function that is not there',
    run: (c) => c.rpc('ad', { a: 1 }),
    expected: {
      status: 404,
      code: 'PGRST202',
      message: 'Could not find the function api.ad(a) in the schema cache',
      details:
        'Searched for the function api.ad with parameter a or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.',
      hint: 'Perhaps you meant to call the function api.add',
    },
  },
  {
    name: 'arguments that do not fit',
    run: (c) => c.rpc('add', { a: 1, c: 2 }),
    expected: {
      status: 404,
      code: 'PGRST202',
      message: 'Could not find the function api.add(a, c) in the schema cache',
      hint: 'Perhaps you meant to call the function api.add(a, b)',
    },
  },
  {
    name: 'two functions that fit',
    run: (c) => c.rpc('twice', { a: 1 }),
    expected: {
      status: 300,
      code: 'PGRST203',
      message:
        'Could not choose the best candidate function between: api.twice(a => integer), api.twice(a => text)',
    },
  },
  {
    name: 'an argument of the wrong type',
    run: (c) => c.rpc('add', { a: 'one' }),
    expected: { status: 400, code: '22P02', message: 'invalid input syntax for type integer: "one"' },
  },
  {
    name: 'a volatile function by GET',
    run: (c) => c.rpc('write_note', { body: 'x' }, { get: true }),
    expected: {
      status: 405,
      code: '25006',
      message: 'cannot execute INSERT in a read-only transaction',
    },
  },
  {
    name: 'a raise',
    run: (c) => c.rpc('raise', { state: 'P0001', words: 'no', details: 'why', advice: 'ask' }),
    expected: { status: 400, code: 'P0001', message: 'no', details: 'why', hint: 'ask' },
  },
  {
    name: 'a raise with a status',
    run: (c) => c.rpc('raise', { state: 'PT402', words: 'pay' }),
    expected: { status: 402, code: 'PT402', message: 'pay' },
  },
  {
    name: 'a raise that writes the answer',
    run: (c) =>
      c.rpc('raise', {
        state: 'PGRST',
        words: '{"code":"X1","message":"mine","hint":"h"}',
        details: '{"status":429,"headers":{"Retry-After":"7"}}',
      }),
    expected: { status: 429, code: 'X1', message: 'mine', hint: 'h' },
  },
  {
    name: 'a unique violation',
    run: (c) => c.from('people').insert({ name: 'x', email: 'ada@example.com' }),
    expected: {
      status: 409,
      code: '23505',
      message: 'duplicate key value violates unique constraint "people_email_key"',
      details: 'Key (email)=(ada@example.com) already exists.',
    },
  },
  {
    name: 'a foreign key violation',
    run: (c) => c.from('people').insert({ name: 'x', team_id: 99 }),
    expected: { status: 409, code: '23503' },
  },
  {
    name: 'a check violation',
    run: (c) => c.from('people').insert({ name: 'x', score: -1 }),
    expected: { status: 400, code: '23514' },
  },
  {
    name: 'a missing value',
    run: (c) => c.from('people').insert({ name: null }),
    expected: { status: 400, code: '23502' },
  },
  {
    name: 'a column that is not there, inserted',
    run: (c) => c.from('people').insert({ nam: 'x' }),
    expected: {
      status: 400,
      code: 'PGRST204',
      message: "Could not find the 'nam' column of 'people' in the schema cache",
    },
  },
  {
    name: 'a column that is not there, selected',
    run: (c) => c.from('people').select('nam'),
    expected: {
      status: 400,
      code: '42703',
      message: 'column people.nam does not exist',
      hint: 'Perhaps you meant to reference the column "people.name".',
    },
  },
  {
    name: 'a table that is not there',
    run: (c) => c.from('peple').select(),
    expected: {
      status: 404,
      code: 'PGRST205',
      message: "Could not find the table 'api.peple' in the schema cache",
      hint: "Perhaps you meant the table 'api.people'",
    },
  },
  {
    name: 'a schema that is not served',
    run: (c) => c.schema('hidden').from('treasure').select(),
    expected: {
      status: 406,
      code: 'PGRST106',
      message: 'Invalid schema: hidden',
      hint: 'Only the following schemas are exposed: api, public',
    },
  },
  {
    name: 'a right that is missing',
    run: (c) => c.from('closed').select(),
    expected: { status: 403, code: '42501', message: 'permission denied for table closed' },
  },
  {
    name: 'one row by single()',
    run: (c) => c.from('people').select('id,name').eq('id', 1).single(),
    expected: { status: 200, data: { id: 1, name: 'Ada' } },
  },
  {
    name: 'no row by single()',
    run: (c) => c.from('people').select('id').eq('id', 99).single(),
    expected: {
      status: 406,
      code: 'PGRST116',
      message: 'Cannot coerce the result to a single JSON object',
      details: 'The result contains 0 rows',
    },
  },
  {
    name: 'several rows by single()',
    run: (c) => c.from('people').select('id').single(),
    expected: { status: 406, code: 'PGRST116', details: 'The result contains 4 rows' },
  },
  {
    name: 'no row by maybeSingle()',
    run: (c) => c.from('people').select('id').eq('id', 99).maybeSingle(),
    expected: { status: 200, data: null },
  },
  {
    name: 'several inserted rows asked for as one are not inserted',
    run: (c) =>
      c
        .from('pairs')
        .insert([
          { a: 70, b: 1 },
          { a: 70, b: 2 },
        ])
        .select()
        .single(),
    expected: { status: 406, code: 'PGRST116', details: 'The result contains 2 rows' },
  },
  {
    name: 'and indeed were not',
    run: (c) => c.from('pairs').select('*', { count: 'exact', head: true }).eq('a', 70),
    expected: { status: 200, count: 0, data: null },
  },
  {
    name: 'a page with an exact count',
    run: (c) => c.from('people').select('id', { count: 'exact' }).order('id').range(1, 2),
    expected: { status: 206, data: [{ id: 2 }, { id: 3 }], count: 4 },
  },
  {
    name: 'a page beyond the end',
    run: (c) => c.from('people').select('id', { count: 'exact' }).range(9, 12),
    expected: {
      status: 416,
      code: 'PGRST103',
      message: 'Requested range not satisfiable',
      details: 'An offset of 9 was requested, but there are only 4 rows.',
    },
  },
  {
    name: 'an estimated count of a small table is exact',
    run: (c) => c.from('people').select('id', { count: 'estimated', head: true }),
    expected: { status: 200, count: 4, data: null },
  },
  {
    name: 'an update without a filter',
    run: (c) => c.from('people').update({ name: 'x' }),
    expected: { status: 400, code: '21000', message: 'UPDATE requires a WHERE clause' },
  },
  {
    name: 'a delete without a filter',
    run: (c) => c.from('people').delete(),
    expected: { status: 400, code: '21000', message: 'DELETE requires a WHERE clause' },
  },
  {
    name: 'a delete of nothing',
    run: (c) => c.from('people').delete().eq('id', 99),
    expected: { status: 204, data: null },
  },
  {
    name: 'an update of nothing',
    run: (c) => c.from('people').update({ name: 'x' }).eq('id', 99).select('id'),
    expected: { status: 200, data: [] },
  },
  {
    name: 'an embedding without a key',
    run: (c) => c.from('people').select('id,defaults(*)'),
    expected: {
      status: 400,
      code: 'PGRST200',
      message: "Could not find a relationship between 'people' and 'defaults' in the schema cache",
    },
  },
  {
    name: 'an embedding by two keys',
    run: (c) => c.from('games').select('id,teams(name)'),
    expected: {
      status: 300,
      code: 'PGRST201',
      message: "Could not embed because more than one relationship was found for 'games' and 'teams'",
      hint: "Try changing 'teams' to one of the following: 'teams!games_away_fkey', 'teams!games_home_fkey'. Find the desired relationship in the 'details' key.",
    },
  },
  {
    name: 'a filter on what is not embedded',
    run: (c) => c.from('people').select('id').eq('teams.name', 'north'),
    expected: {
      status: 400,
      code: 'PGRST108',
      message: "'teams' is not an embedded resource in this request",
      hint: "Verify that 'teams' is included in the 'select' query parameter.",
    },
  },
  {
    name: 'an aggregate',
    run: (c) => c.from('people').select('score.sum()'),
    expected: { status: 400, code: 'PGRST123', message: 'Use of aggregate functions is not allowed' },
  },
];

/** Makes the calls one after the other and says what came. */
export async function makeCalls(client: Client, calls: readonly Call[]): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const { name, run } of calls) outcomes[name] = toOutcome(await run(client));
  return outcomes;
}

function toOutcome(answer: unknown): Outcome {
  const { status, data, count, error } = answer as {
    status: number;
    data: unknown;
    count: number | null;
    error: { code: string; message: string; details: unknown; hint: string | null } | null;
  };
  if (error === null) return { status, data, count };
  const { code, message, details, hint } = error;
  return { status, code, message, details, hint };
}
