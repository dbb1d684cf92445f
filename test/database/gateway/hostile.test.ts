import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url);
afterAll(() => gateway.close());

/** Everything in the database a request could have changed. */
async function contents(): Promise<unknown> {
  const tables = await gateway.database.superuser<{ name: string; rows: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name,
      (xpath('/row/c/text()', query_to_xml(format('select count(*) || md5(coalesce(string_agg(t::text, chr(10) order by t::text), '''')) as c from %I.%I t', n.nspname, c.relname), false, true, '')))[1]::text as rows
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('api', 'hidden', 'auth', 'storage') order by 1`;
  return tables.map(({ name, rows }) => `${name} ${rows}`);
}

let before: unknown;
beforeAll(async () => {
  before = await contents();
});

const injections = [
  '1; drop table api.teams',
  "1' or '1'='1",
  "') or true --",
  '"; drop table api.teams; --',
  "\\'; delete from api.people; --",
  '$1',
  '%27%3B%20drop%20table%20api.teams',
  '1)) union select secret from api.notes --',
  "' || pg_sleep(5) || '",
  'x/*',
  '\u0000',
  '\u202e\ufeff',
  '\ud800',
  '🦊'.repeat(50),
  '{"a":1}',
  '(((((',
  ')))))',
  ',,,,,',
  '....',
  '->>->>',
  '::::',
  '!!!!',
  '*',
  'a'.repeat(3_000),
  '-1',
  '99999999999999999999999999',
  'NaN',
  'not.not.not.eq.1',
  'in.(((',
  'is.1',
  'fts().x',
  'eq(any).{',
  'like(some).x',
];

/** Where a word can stand in a query string. */
const positions: readonly ((word: string) => string)[] = [
  (w) => `people?select=${w}`,
  (w) => `people?select=${w}(*)`,
  (w) => `people?select=id,x:${w}`,
  (w) => `people?select=id::${w}`,
  (w) => `people?select=profile->${w}`,
  (w) => `people?select=profile->>${w}`,
  (w) => `people?select=teams!${w}(name)`,
  (w) => `people?${w}=eq.1`,
  (w) => `people?id=${w}`,
  (w) => `people?id=eq.${w}`,
  (w) => `people?id=in.(${w})`,
  (w) => `people?tags=cs.${w}`,
  (w) => `people?name=fts(${w}).x`,
  (w) => `people?name=match.${w}`,
  (w) => `people?or=(${w})`,
  (w) => `people?or=(id.eq.${w},name.eq.x)`,
  (w) => `people?and=${w}`,
  (w) => `people?order=${w}`,
  (w) => `people?order=id.${w}`,
  (w) => `people?order=teams(${w})`,
  (w) => `people?limit=${w}`,
  (w) => `people?offset=${w}`,
  (w) => `people?teams.limit=${w}`,
  (w) => `${w}?select=*`,
  (w) => `rpc/${w}`,
  (w) => `rpc/add?a=${w}`,
  (w) => `rpc/add?${w}=1`,
];

describe('hostile requests', () => {
  it('by GET get an answer in JSON and never a fault', async () => {
    const faults: string[] = [];
    for (const position of positions) {
      const answers = await Promise.all(
        injections.map(async (word) => {
          const path = position(encodeURIComponent(word.toWellFormed()));
          const { status, text, json } = await gateway.send(`/rest/v1/${path}`);
          return { path, status, text, json };
        }),
      );
      for (const { path, status, text, json } of answers) {
        if (status >= 500 || (status >= 400 && !isErrorBody(json))) faults.push(`${status} ${path} ${text}`);
      }
    }
    expect(faults).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  it('by other methods, too', async () => {
    const faults: string[] = [];
    const writes = (word: string): readonly (readonly [string, string, string])[] => [
      ['POST', 'pairs', JSON.stringify({ [word]: 1 })],
      ['POST', 'pairs', JSON.stringify({ a: word, b: 'x' })],
      ['POST', `pairs?columns=${encodeURIComponent(word.toWellFormed())}`, '[{"a":"x"}]'],
      ['POST', `pairs?on_conflict=${encodeURIComponent(word.toWellFormed())}`, '{"a":"x"}'],
      ['PATCH', `pairs?a=eq.${encodeURIComponent(word.toWellFormed())}`, '{"note":5}'],
      ['PATCH', 'pairs?a=eq.1', word],
      ['DELETE', `pairs?${encodeURIComponent(word.toWellFormed())}=eq.1`, ''],
      ['POST', 'rpc/add', JSON.stringify({ [word]: 1 })],
      ['POST', 'rpc/add', word],
      ['PUT', 'pairs?a=eq.1', '{}'],
      ['PROPFIND', 'pairs', ''],
    ];
    for (const word of injections) {
      for (const [method, path, body] of writes(word)) {
        const { status, json, text } = await gateway.send(`/rest/v1/${path}`, {
          method,
          headers: { prefer: 'resolution=merge-duplicates' },
          ...(body === '' ? {} : { body }),
        });
        const refused = status >= 400 && status < 500 && isErrorBody(json);
        // What fits no row changes none.
        const harmless = status === 204 || (status === 200 && path === 'rpc/add');
        if (!refused && !harmless) faults.push(`${status} ${method} ${path} ${body} ${text}`);
      }
    }
    expect(faults).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  it.each([
    ['deeply nested logic', `people?or=${'('.repeat(1)}${'and('.repeat(1_000)}id.eq.1${')'.repeat(1_001)}`],
    ['deeply nested resources', `people?select=${'teams('.repeat(200)}id${')'.repeat(200)}`],
    ['more columns than PostgreSQL takes', `people?select=${'id,'.repeat(2_500)}id`],
    [
      'thousands of conditions',
      `people?or=(${Array.from({ length: 1_500 }, (_, n) => `id.eq.${n}`).join(',')})`,
    ],
    ['a catastrophic pattern', `people?name=match.${encodeURIComponent('(a+)+$'.repeat(20))}`],
    ['bad UTF-8', 'people?name=eq.%ff%fe'],
    ['a bad escape', 'people?name=eq.%zz'],
    ['a bad escape in the path', '%zz'],
    ['a path too many', 'rpc/add/more'],
    ['a parent folder', '..%2f..%2fpeople'],
  ])('%s', async (_, path) => {
    const { status, json } = await gateway.send(`/rest/v1/${path}`);
    expect(status).toBeLessThan(500);
    if (status >= 400) expect(isErrorBody(json)).toBe(true);
  });

  it.each([
    ['nested arrays', '['.repeat(100_000)],
    ['nested objects', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
    ['nesting inside a value', `{"a":1,"b":2,"note":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['bytes', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])],
    ['a zero byte', '{"a":1,"b":1,"note":"\\u0000"}'],
    ['half a surrogate', '{"a":1,"b":1,"note":"\\ud800"}'],
    ['a number out of range', '{"a":1e400,"b":1}'],
    ['the same key twice', '{"a":"x","a":"y","b":1}'],
    ['a prototype', '{"__proto__":{"a":1},"constructor":1}'],
  ])('a body of %s', async (_, body) => {
    const { status, json } = await gateway.send('/rest/v1/pairs', { method: 'POST', body });
    expect([status >= 400 && status < 500, isErrorBody(json)]).toEqual([true, true]);
    expect(await contents()).toEqual(before);
  });

  it('a body beyond the limit is not read', async () => {
    const { status, json } = await gateway.send('/rest/v1/pairs', {
      method: 'POST',
      body: Buffer.alloc(17 * 1_024 * 1_024, 0x20),
    });
    expect({ status, json }).toEqual({ status: 413, json: { message: 'Request size limit exceeded' } });
  });

  it.each([
    ['headers too large', `GET /rest/v1/people HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
    ['a request line of bytes', '\u0001\u0002\u0003\r\n\r\n', 400],
    [
      'two lengths',
      'POST /rest/v1/pairs HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
      400,
    ],
  ])('%s', async (_, text, status) => {
    expect(await sendRaw(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\{"message":`));
  });

  it('no secret is echoed', async () => {
    const { keys } = gateway;
    const answers = await Promise.all([
      gateway.send('/rest/v1/people', { headers: { apikey: `${keys.secret}x` } }),
      gateway.send('/rest/v1/people', { headers: { authorization: `Bearer ${keys.jwtSecret}` } }),
      gateway.send(`/rest/v1/people?select=x&apikey=${keys.secret}`),
      gateway.send('/auth/v1/user', { headers: { authorization: `Bearer ${keys.serviceRoleJwt}x` } }),
    ]);
    const said = answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join('\n');
    for (const secret of [keys.secret, keys.jwtSecret, keys.serviceRoleJwt])
      expect(said).not.toContain(secret);
  });

  it('left the gateway without a complaint and the database as it was', async () => {
    expect(gateway.log).toEqual([]);
    expect(await contents()).toEqual(before);
    // The comparison would have noticed a single row.
    expect((await gateway.send('/rest/v1/pairs', { method: 'POST', body: '{"a":1,"b":1}' })).status).toBe(
      201,
    );
    expect(await contents()).not.toEqual(before);
  });
});

function isErrorBody(json: unknown): boolean {
  return (
    typeof json === 'object' &&
    json !== null &&
    ['code', 'message', 'details', 'hint'].every((key) => key in json)
  );
}

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.write(text);
  });
}
