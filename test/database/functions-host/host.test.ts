import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deno, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

let host: TestHost;
const databaseUrl = 'postgres://postgres:database-password@127.0.0.1:5432/postgres';

beforeAll(async () => {
  host = await startTestHost({
    databaseUrl,
    env: () => ({ PAYMENT_TOKEN: 'payment-token-value', SUPABASE_URL: 'x' }),
  });
});

afterAll(() => host?.stop());

function messages(slug: string): string[] {
  return host.host.logs.read({ slug }).map(({ message }) => message);
}

describe.skipIf(deno === null)('a function on the host', () => {
  it('sees the path from its slug on, the query, headers and body, whatever it says about its port', async () => {
    const answer = await host.call('/hello/a/b%20c?x=1&y=%20', {
      method: 'POST',
      body: 'text',
      headers: { authorization: 'Bearer abc', 'sb-api-key': 'internal' },
    });

    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      method: 'POST',
      pathname: '/hello/a/b%20c',
      search: '?x=1&y=%20',
      host: '127.0.0.1:54321',
      authorization: 'Bearer abc',
      body: 'text',
    });
  });

  it("finds the platform's environment and the declared secrets, and nothing of ours", async () => {
    process.env.OPSROOM_TEST_PRIVATE = 'must not be seen';
    const { env } = (await host.call('/hello')).json();
    delete process.env.OPSROOM_TEST_PRIVATE;
    const { keys } = host;

    expect(env).toEqual({
      PAYMENT_TOKEN: 'payment-token-value',
      SUPABASE_URL: 'http://127.0.0.1:54321',
      SUPABASE_DB_URL: databaseUrl,
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
      SUPABASE_JWKS: JSON.stringify(keys.jwks),
      SUPABASE_ANON_KEY: keys.anonJwt,
      SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleJwt,
      SUPABASE_FUNCTION_SLUG: 'hello',
      SB_REGION: 'local',
      SB_EXECUTION_ID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      DENO_DEPLOYMENT_ID: 'abcdefghijklmnopqrst_hello_1',
    });
  });

  it('stays up between calls, and answers many at once', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await host.call('/hello')).json().env as { SB_EXECUTION_ID: string },
      ),
    );

    expect(new Set(ids.map((env) => env.SB_EXECUTION_ID)).size).toBe(1);
    expect(host.host.running().filter(({ slug }) => slug === 'hello')).toHaveLength(1);
  });

  it('may export `default { fetch }`, name packages in deno.json and import late', async (test) => {
    const answer = await host.call('/greeter', { method: 'POST', body: '{"name":"Ann"}' });
    if (answer.status === 503 && messages('greeter').some((line) => /registry|network|dns/i.test(line)))
      test.skip('npm packages can not be fetched here');

    expect(answer).toMatchObject({ status: 200, text: '{"hello":"Ann"}' });
    expect(await host.call('/greeter', { method: 'POST', body: '{}' })).toMatchObject({ status: 422 });
  });

  it('streams, sets several cookies, and answers without a body', async () => {
    expect((await host.call('/moody/stream')).text).toBe('one\ntwo\nthree\n');
    expect((await host.call('/moody/cookies')).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await host.call('/moody/empty')).toMatchObject({ status: 204, text: '' });
  });

  it('serves no pages: HTML for GET becomes plain text', async () => {
    const page = await host.call('/moody/page');

    expect(page.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(page.headers.get('x-served-by')).toBe('supabase-edge-runtime');
    expect((await host.call('/moody/page', { method: 'POST' })).headers.get('content-type')).toMatch(
      /^text\/html/,
    );
  });
});

describe.skipIf(deno === null)('the host answers for a function', () => {
  it.each(['/unknown', '/_shared', '/', '', '/..%2fhello', '/hello.ts'])('404 for %j', async (path) => {
    expect(await host.call(path)).toMatchObject({ status: 404, text: 'Function not found' });
  });

  it('405 for methods the platform does not know', async () => {
    expect((await host.call('/hello', { method: 'HEAD' })).status).toBe(405);
  });

  it('with its health', async () => {
    expect(await host.call('/_internal/health')).toMatchObject({ status: 200, text: '{"message":"ok"}' });
  });

  it('503 BOOT_ERROR when the module fails, each time anew, with the reason in the log', async () => {
    const body = { code: 'BOOT_ERROR', message: 'Worker failed to boot (please check logs)' };
    const [first, second] = [await host.call('/broken'), await host.call('/broken')];

    expect([first.status, second.status]).toEqual([503, 503]);
    expect(first.json()).toEqual(body);
    expect(first.headers.get('sb-error-code')).toBe('BOOT_ERROR');
    expect(messages('broken').filter((line) => line.includes('the module of broken fails'))).not.toEqual([]);
  });

  it('503 when the module serves nothing', async () => {
    expect((await host.call('/silent')).json()).toMatchObject({ code: 'BOOT_ERROR' });
    expect(messages('silent').join('\n')).toContain('neither calls Deno.serve nor exports');
  });

  it('500 WORKER_ERROR when the handler throws; the process lives on', async () => {
    await host.call('/moody');
    const [before] = host.host.running().filter(({ slug }) => slug === 'moody');
    const answer = await host.call('/moody/throw');
    const [after] = host.host.running().filter(({ slug }) => slug === 'moody');

    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual({
      code: 'WORKER_ERROR',
      message: 'Function exited due to an error (please check logs)',
    });
    expect(answer.text).not.toContain('thrown by the handler');
    // What a process writes and what it answers come on two ways.
    await expect.poll(() => messages('moody').join('\n')).toContain('thrown by the handler');
    expect(after?.pid).toBe(before?.pid);
  });

  it.each(['/moody/reject', '/moody/exit'])('500 WORKER_ERROR when the process ends: %s', async (path) => {
    const answer = await host.call(path);

    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'WORKER_ERROR' });
    expect((await host.call('/moody')).text).toBe('fine');
  });

  it('with nothing when the function has its own error; only a header says so', async () => {
    const answer = await host.call('/moody/own-error');

    expect(answer).toMatchObject({ status: 503, text: '{"mine":true}' });
    expect(answer.headers.get('sb-error-code')).toBe('EDGE_FUNCTION_ERROR');
  });
});

describe.skipIf(deno === null)('the log of a function', () => {
  it('keeps lines cut to 10,000 characters, 100 in ten seconds, and no secret', async () => {
    await host.call('/chatty');
    await expect.poll(() => messages('chatty').length).toBeGreaterThan(100);
    const events = host.host.logs.read({ slug: 'chatty' });
    const lines = events.filter(({ kind }) => kind === 'line');

    expect(lines).toHaveLength(100);
    expect(lines.find(({ message }) => message === 'plain line')?.level).toBe('info');
    expect(lines.find(({ message }) => message === 'line on the error stream')?.level).toBe('error');
    expect(Math.max(...lines.map(({ message }) => message.length))).toBe(10_000);
    expect(lines.map(({ message }) => message)).toContain('the token is *** and ***');
    expect(events.filter(({ kind }) => kind === 'dropped')).toHaveLength(1);
    expect(JSON.stringify(events)).not.toContain('payment-token-value');
  });
});
