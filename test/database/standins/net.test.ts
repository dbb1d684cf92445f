import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createRunningDatabase } from '../../support/real-cluster.ts';
import { errorOf } from './expect-error.ts';
import { startNetServer } from './net-server.ts';
import { waitFor } from './wait-for.ts';

/** Runs unchanged against the stand-in (which follows 0.20.4) and against the real extension where a server has it. */
const database = await createRunningDatabase(import.meta.url, { migrations: false });
const { sql, superuser } = database;
const server = await startNetServer();
const isReal = database.installed.some((found) => found.name === 'pg_net' && found.kind === 'extension');

afterAll(async () => {
  await server.close();
  await database.drop();
});

interface Response {
  readonly id: string;
  readonly status_code: number | null;
  readonly content_type: string | null;
  readonly headers: Record<string, string> | null;
  readonly content: string | null;
  readonly timed_out: boolean;
  readonly error_msg: string | null;
  readonly created: Date;
}

async function answer(id: unknown): Promise<Response> {
  return waitFor(`the answer to ${String(id)}`, async () => {
    const [row] = await sql<Response[]>`select * from net._http_response where id = ${String(id)}::bigint`;
    return row;
  });
}

async function idle(): Promise<void> {
  await waitFor(
    'an empty queue',
    async () => (await sql`select from net.http_request_queue limit 1`).length === 0,
  );
}

describe('a request', () => {
  it('is sent after the commit, and its answer is stored', async () => {
    const [row] = await sql`select net.http_get(${`${server.url}/plain`}) as id`;
    const got = await answer(row?.id);
    expect(got).toMatchObject({ status_code: 200, content_type: 'text/plain', content: 'ok' });
    expect(got).toMatchObject({ timed_out: false, error_msg: null });
    expect(got.headers?.['content-type']).toBe('text/plain');
    const sent = server.received.find((request) => request.path === '/plain');
    expect(sent?.method).toBe('GET');
    expect(sent?.headers).toMatchObject({ accept: '*/*' });
    expect(sent?.headers['user-agent']).toMatch(/^pg_net\/0\./);
  });

  it('that is rolled back is never sent, and its id is not given out again', async () => {
    let id = '';
    await sql
      .begin(async (transaction) => {
        const [row] = await transaction`select net.http_get(${`${server.url}/rolled-back`}) as id`;
        id = String(row?.id);
        throw new Error('rolled back on purpose');
      })
      .catch(() => undefined);
    const [next] = await sql`select net.http_get(${`${server.url}/after-rollback`}) as id`;
    await answer(next?.id);
    expect(Number(next?.id)).toBe(Number(id) + 1);
    expect(server.received.some((request) => request.path === '/rolled-back')).toBe(false);
  });

  it('waits for the commit of its transaction', async () => {
    await sql.begin(async (transaction) => {
      await transaction`select net.http_get(${`${server.url}/late`})`;
      await sleep(600);
      expect(server.received.some((request) => request.path === '/late')).toBe(false);
    });
    await waitFor('the request', async () => server.received.some((request) => request.path === '/late'));
  });

  it('carries parameters encoded, appended with ? or &', async () => {
    const urls = [`${server.url}/p`, `${server.url}/p?a=1`];
    for (const url of urls) {
      const [row] = await sql`select net.http_get(${url}, params => ${sql.json({ q: 'é b' })}) as id`;
      await answer(row?.id);
    }
    const paths = server.received.map((request) => request.path).filter((path) => path.startsWith('/p?'));
    expect(paths).toEqual(['/p?q=%c3%a9%20b', '/p?a=1&q=%c3%a9%20b']);
  });

  it('posts jsonb as PostgreSQL writes it, and says it is JSON', async () => {
    const [row] = await sql`
      select net.http_post(${`${server.url}/post`}, body => ${sql.json({ b: 1, a: 'x' })}, headers => '{"X-Own": "1"}') as id`;
    await answer(row?.id);
    const sent = server.received.find((request) => request.path === '/post');
    expect(sent).toMatchObject({ method: 'POST', body: '{"a": "x", "b": 1}' });
    expect(sent?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-own': '1',
      'content-length': '18',
    });
  });

  it('posts nothing for a null body, and deletes with a form unless told otherwise', async () => {
    const [post] = await sql`select net.http_post(${`${server.url}/nobody`}, body => null) as id`;
    const [remove] = await sql`select net.http_delete(${`${server.url}/gone`}, body => '{"a": 1}') as id`;
    await answer(post?.id);
    await answer(remove?.id);
    expect(server.received.find((request) => request.path === '/nobody')).toMatchObject({
      body: '',
      headers: { 'content-length': '0' },
    });
    expect(server.received.find((request) => request.path === '/gone')).toMatchObject({
      method: 'DELETE',
      body: '{"a": 1}',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('takes no other content type than JSON, in any case of the name', async () => {
    for (const headers of [
      { 'Content-Type': 'text/plain' },
      { 'CONTENT-type': 'application/json; charset=utf-8' },
    ]) {
      const call = sql`select net.http_post('http://127.0.0.1/', headers => ${sql.json(headers)})`;
      expect(await errorOf(call)).toMatchObject({
        code: 'P0001',
        message: 'Content-Type header must be "application/json"',
      });
    }
  });

  it('is refused at once when its address is none', async () => {
    expect((await errorOf(sql`select net.http_get('not a url')`)).message).toBe(
      'invalid URL "not a url": Bad scheme',
    );
    expect(await errorOf(sql`select net.http_get(null)`)).toMatchObject({ code: '23502' });
  });
});

describe.concurrent('an answer', () => {
  it('with status 4xx or 5xx is no error', async () => {
    const [refused] = await sql`select net.http_get(${`${server.url}/refused`}) as id`;
    const [broken] = await sql`select net.http_get(${`${server.url}/broken`}) as id`;
    expect(await answer(refused?.id)).toMatchObject({
      status_code: 401,
      content: '{"error":"no"}',
      error_msg: null,
    });
    expect(await answer(broken?.id)).toMatchObject({ status_code: 500, timed_out: false, error_msg: null });
  });

  it('without content is null, and ends at the first zero byte', async () => {
    const [empty] = await sql`select net.http_get(${`${server.url}/empty`}) as id`;
    const [zero] = await sql`select net.http_get(${`${server.url}/zero`}) as id`;
    expect(await answer(empty?.id)).toMatchObject({ status_code: 204, content: null });
    expect(await answer(zero?.id)).toMatchObject({ content: 'before' });
  });

  it('keeps the last of two headers of one name', async () => {
    const [row] = await sql`select net.http_get(${`${server.url}/twice`}) as id`;
    expect((await answer(row?.id)).headers).toMatchObject({ 'x-twice': 'second' });
  });

  it('after a redirect has the first headers and the last content; a post became a get', async () => {
    const [row] = await sql`select net.http_post(${`${server.url}/moved`}, '{"a": 1}') as id`;
    const got = await answer(row?.id);
    expect(got).toMatchObject({ status_code: 200, content: 'ok', content_type: 'text/plain' });
    expect(got.headers).toMatchObject({ 'x-hop': 'first' });
    const last = server.received.filter((request) => request.path === '/here').at(-1);
    expect(last).toMatchObject({ method: 'GET', body: '' });
  });

  it('after a 307 was asked for with the same method and body', async () => {
    const [row] = await sql`select net.http_post(${`${server.url}/moved-kept`}, '{"a": 1}') as id`;
    await answer(row?.id);
    const last = server.received.filter((request) => request.path === '/here-kept').at(-1);
    expect(last).toMatchObject({ method: 'POST', body: '{"a": 1}' });
  });

  it('is collected by id', async () => {
    const [row] = await sql`select net.http_get(${`${server.url}/collect`}) as id`;
    await answer(row?.id);
    const [found] = await sql`
      select (r).status::text, (r).message, ((r).response).status_code, ((r).response).body
      from (select net._http_collect_response(${String(row?.id)}::bigint) as r) c`;
    expect(found).toEqual({ status: 'SUCCESS', message: 'ok', status_code: 200, body: 'ok' });
  });
});

describe.concurrent('a failure', () => {
  const failures = [
    { path: 'http://127.0.0.1:1/', text: /^(Couldn't|Could not) connect to server$/ },
    { path: 'http://nowhere.invalid/', text: /^(Couldn't|Could not) resolve host ?name$/ },
    { path: 'ftp://127.0.0.1/', text: /^Unsupported protocol$/ },
    { path: '/closed', text: /^Server returned nothing \(no headers, no data\)$/ },
    { path: '/partial', text: /^Transferred a partial file$/ },
    { path: '/round', text: /^Number of redirects hit maximum amount$/ },
  ];

  it.each(failures)('of $path is named and leaves the rest empty', async ({ path, text }) => {
    const url = path.startsWith('/') ? `${server.url}${path}` : path;
    const [row] = await sql`select net.http_get(${url}) as id`;
    const got = await answer(row?.id);
    expect(got.error_msg).toMatch(text);
    expect(got).toMatchObject({
      status_code: null,
      content_type: null,
      headers: null,
      content: null,
      timed_out: false,
    });
  });

  it('by timeout says where the time went', async () => {
    const [row] = await sql`select net.http_get(${`${server.url}/never`}, timeout_milliseconds => 300) as id`;
    const got = await answer(row?.id);
    expect(got.timed_out).toBe(true);
    expect(got.error_msg).toMatch(
      /^Timeout of 300 ms reached\. Total time: 3\d\d\.\d{6} ms \(DNS time: \d+\.\d{6} ms, TCP\/SSL handshake time: \d+\.\d{6} ms, HTTP Request\/Response time: \d+\.\d{6} ms\)$/,
    );
    expect(got).toMatchObject({ status_code: null, headers: null, content: null });
  });
});

describe('a batch', () => {
  it('is one transaction: queue and answers change for others when its slowest request is done', async () => {
    await idle();
    const rows = await sql`
      select net.http_get(${server.url} || path) as id from (values ('/held'), ('/quick')) v (path)`;
    const [held, quick] = rows.map((row) => String(row.id));
    await waitFor('both requests', async () =>
      ['/held', '/quick'].every((path) => server.received.some((request) => request.path === path)),
    );
    await sleep(200);
    expect(await sql`select id, url from net.http_request_queue order by id`).toHaveLength(2);
    expect(
      await sql`select from net._http_response where id in ${sql([held ?? '', quick ?? ''])}`,
    ).toHaveLength(0);
    const [now] = await sql`select clock_timestamp() as now`;
    server.release();
    const slow = await answer(held);
    expect(await answer(quick)).toMatchObject({ status_code: 200 });
    expect(await sql`select from net.http_request_queue`).toHaveLength(0);
    // Both carry the time the batch began, before the slow one was answered.
    expect(slow.created.getTime()).toBeLessThan(Number(now?.now));
    expect(slow.created).toEqual((await answer(quick)).created);
  });

  it('takes 200 requests, the oldest first, and leaves the others for the next one', async () => {
    await idle();
    const rows = await sql`
      select net.http_get(${`${server.url}/burst`}) as id from generate_series(1, 230)`;
    const ids = rows.map((row) => Number(row.id));
    await answer(ids.at(-1));
    const created = await sql`
      select count(*) as answers, min(r.id) as first, max(r.id) as last
      from net._http_response r
      where r.id between ${ids[0] ?? 0} and ${ids.at(-1) ?? 0}
      group by r.created
      order by r.created`;
    expect(created.map((row) => Number(row.answers))).toEqual([200, 30]);
    expect(Number(created[0]?.last)).toBeLessThan(Number(created[1]?.first));
  });

  it('that is cut off is sent again', async () => {
    await idle();
    const [row] = await sql`select net.http_get(${`${server.url}/held?again`}) as id`;
    const hits = (): number => server.received.filter((request) => request.path === '/held?again').length;
    await waitFor('the request', async () => hits() === 1);
    await superuser`
      select pg_terminate_backend(l.pid) from pg_catalog.pg_locks l
      where l.relation = 'net.http_request_queue'::regclass and l.pid <> pg_backend_pid()
        -- Databases cloned from one template share their object ids.
        and l.database = (select d.oid from pg_database d where d.datname = current_database())`;
    await waitFor('the request again', async () => hits() === 2);
    server.release();
    expect(await answer(row?.id)).toMatchObject({ status_code: 200 });
  });
});

describe('the tables', () => {
  it('are unlogged, open to every role, and have the columns of the original', async () => {
    const tables = await sql`
      select c.relname as name, c.relpersistence as persistence from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'net' and c.relkind = 'r'
      order by 1`;
    expect(tables).toEqual([
      { name: '_http_response', persistence: 'u' },
      { name: 'http_request_queue', persistence: 'u' },
    ]);
    const columns = await sql`
      select c.table_name || '.' || c.column_name || ' ' || coalesce(c.domain_name, c.data_type) || ' ' || c.is_nullable as text
      from information_schema.columns c
      where c.table_schema = 'net' and c.table_name in ('_http_response', 'http_request_queue')
      order by c.table_name, c.ordinal_position`;
    expect(columns.map((row) => row.text)).toEqual([
      '_http_response.id bigint YES',
      '_http_response.status_code integer YES',
      '_http_response.content_type text YES',
      '_http_response.headers jsonb YES',
      '_http_response.content text YES',
      '_http_response.timed_out boolean YES',
      '_http_response.error_msg text YES',
      '_http_response.created timestamp with time zone NO',
      'http_request_queue.id bigint NO',
      'http_request_queue.method http_method NO',
      'http_request_queue.url text NO',
      'http_request_queue.headers jsonb YES',
      'http_request_queue.body bytea YES',
      'http_request_queue.timeout_milliseconds integer NO',
    ]);
    await superuser`create role net_reader login`;
    try {
      const reader = database.as('net_reader');
      expect(await reader`select from net.http_request_queue limit 1`).toHaveLength(0);
      const [row] = await reader`select net.http_get(${`${server.url}/reader`}) as id`;
      expect(await answer(row?.id)).toMatchObject({ status_code: 200 });
      await reader.end();
    } finally {
      await superuser`drop role net_reader`;
    }
  });

  it('leave a row that was inserted by hand alone until something wakes the worker', async () => {
    await idle();
    await sleep(1300);
    await sql`
      insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
      values ('GET', ${`${server.url}/by-hand`}, '{}', 1000)`;
    await sleep(700);
    expect(server.received.some((request) => request.path === '/by-hand')).toBe(false);
    await sql`select net.wake()`;
    await waitFor('the request', async () => server.received.some((request) => request.path === '/by-hand'));
  });

  it('refuse another method', async () => {
    const insert = sql`insert into net.http_request_queue (method, url, timeout_milliseconds) values ('PUT', 'http://x/', 1)`;
    expect(await errorOf(insert)).toMatchObject({ code: '23514' });
  });

  it.skipIf(isReal)('lose answers older than the time to live when the worker wakes', async () => {
    await idle();
    await sql`insert into net._http_response (id, created) values (-1, now() - interval '7 hours'), (-2, now() - interval '5 hours')`;
    await sql`select net.wake()`;
    await waitFor('the end of the old one', async () => {
      const rows = await sql`select id from net._http_response where id < 0`;
      return rows.length === 1 && rows[0]?.id === '-2';
    });
  });
});

it('the worker says that it is up, and a restart leaves nothing behind', async () => {
  await sql`select net.check_worker_is_up()`;
  await sql`select net.wait_until_running()`;
  const [row] = await sql`select net.worker_restart() as restarted`;
  expect(row?.restarted).toBe(true);
  const [sent] = await sql`select net.http_get(${`${server.url}/after-restart`}) as id`;
  expect(await answer(sent?.id)).toMatchObject({ status_code: 200 });
});
