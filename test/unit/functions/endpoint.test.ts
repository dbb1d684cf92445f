import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Caller } from '../../../functions/_shared/auth/caller.ts';
import { jobToken } from '../../../functions/_shared/auth/ways-in.ts';
import type { Dependencies } from '../../../functions/_shared/dependencies.ts';
import { endpoint } from '../../../functions/_shared/http/endpoint.ts';
import { createLog } from '../../../functions/_shared/log/log.ts';

const token = 'a-token-of-thirty-two-characters';
const way = jobToken({ header: 'x-job-token', secret: 'INTERNAL_JOB_TOKEN' });

function fixture(env: Record<string, string> = { INTERNAL_JOB_TOKEN: token }) {
  const lines: string[] = [];
  const calls: { readonly body: unknown; readonly caller: Caller }[] = [];
  const dependencies: Dependencies = {
    env: (name) => env[name],
    fetch: () => Promise.reject(new Error('no network in this test')),
    now: Date.now,
    log: createLog((line) => lines.push(line)),
  };
  const handle = endpoint(dependencies, {
    name: 'example',
    ways: [way],
    body: z.strictObject({ limit: z.int().min(1).max(10).default(5), tags: z.array(z.string()).default([]) }),
    maxBytes: 200,
    cors: true,
    timeBox: 50,
    handle: async ({ body, caller, signal }) => {
      calls.push({ body, caller });
      if (body.limit === 9) throw new Error(`broken with ${token}`);
      if (body.limit === 8)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return { body: { limit: body.limit } };
    },
  });
  return { handle, lines, calls };
}

function post(body: string | Uint8Array<ArrayBuffer> | null, headers: Record<string, string> = {}): Request {
  return new Request('http://127.0.0.1/example', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'x-job-token': token, ...headers },
  });
}

describe('an endpoint', () => {
  it('answers a request that is in order', async () => {
    const { handle, calls } = fixture();
    const response = await handle(post('{"limit":3}'));

    expect([response.status, await response.json()]).toEqual([200, { limit: 3 }]);
    expect(calls).toEqual([{ body: { limit: 3, tags: [] }, caller: { kind: 'job_token' } }]);
  });

  it('takes an empty body for an empty object', async () => {
    const response = await fixture().handle(post(null));
    expect([response.status, await response.json()]).toEqual([200, { limit: 5 }]);
  });

  it.each([
    ['a wrong method', () => new Request('http://127.0.0.1/', { method: 'PUT' }), 405, 'method_not_allowed'],
    ['no credential', () => new Request('http://127.0.0.1/', { method: 'POST' }), 401, 'unauthorized'],
    ['a wrong credential', () => post('{}', { 'x-job-token': `${token}x` }), 401, 'unauthorized'],
    ['an endless credential', () => post('{}', { 'x-job-token': 'x'.repeat(9000) }), 401, 'unauthorized'],
    [
      'another content type',
      () => post('limit=3', { 'content-type': 'text/plain' }),
      415,
      'unsupported_media_type',
    ],
    ['a body too large', () => post(JSON.stringify({ tags: ['x'.repeat(300)] })), 413, 'body_too_large'],
    ['broken JSON', () => post('{"limit":'), 400, 'invalid_json'],
    ['bytes that are not UTF-8', () => post(new Uint8Array([0x7b, 0xff, 0x7d])), 400, 'invalid_utf8'],
    ['a body too deep', () => post('['.repeat(60) + ']'.repeat(60)), 400, 'too_deep'],
    ['a value out of range', () => post('{"limit":11}'), 400, 'invalid_body'],
    ['an unknown key', () => post('{"limits":1}'), 400, 'invalid_body'],
    ['the keys of prototypes', () => post('{"__proto__":{"limit":1}}'), 400, 'invalid_body'],
  ])('refuses %s before anything is done', async (_what, request, status, code) => {
    const { handle, calls } = fixture();
    const response = await handle(request());
    const body = z
      .object({ error: z.object({ code: z.string() }), request_id: z.uuid() })
      .parse(await response.json());

    expect([response.status, body.error.code]).toEqual([status, code]);
    expect(calls).toEqual([]);
  });

  it('names the place of each fault in the body', async () => {
    const response = await fixture().handle(post('{"limit":0,"tags":["a",2]}'));
    const { error } = z
      .object({ error: z.object({ details: z.array(z.object({ path: z.string() })) }) })
      .parse(await response.json());

    expect(error.details.map(({ path }) => path)).toEqual(['limit', 'tags[1]']);
  });

  it('lets nobody in while its secret is not set', async () => {
    const { handle } = fixture({});
    expect((await handle(post('{}'))).status).toBe(401);
    expect((await handle(post('{}', { 'x-job-token': '' }))).status).toBe(401);
  });

  it('counts bytes as they arrive, whatever content-length says', async () => {
    const { handle, calls } = fixture();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        sent += 64;
        controller.enqueue(new TextEncoder().encode(' '.repeat(64)));
      },
    });
    const init = {
      method: 'POST',
      body: endless,
      duplex: 'half' as const,
      headers: { 'content-type': 'application/json', 'x-job-token': token },
    };
    const response = await handle(new Request('http://127.0.0.1/', init));

    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(1000);
    expect(calls).toEqual([]);
  });

  it('tells the caller nothing of a fault of its own, and the log everything but secrets', async () => {
    const { handle, lines } = fixture();
    const response = await handle(post('{"limit":9}'));
    const text = await response.text();

    expect(response.status).toBe(500);
    expect(text).not.toContain('broken');
    expect(lines.join('\n')).toContain('broken with');
  });

  it('aborts what runs longer than its time box', async () => {
    const response = await fixture().handle(post('{"limit":8}'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([504, '5']);
  });

  it('answers a preflight without a credential, and marks every answer for browsers', async () => {
    const { handle } = fixture();
    const preflight = await handle(
      new Request('http://127.0.0.1/', { method: 'OPTIONS', headers: { origin: 'https://admin.example' } }),
    );
    const refused = await handle(post('{', { origin: 'https://admin.example' }));

    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'POST, OPTIONS',
    ]);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('names no origin that is not on its list', async () => {
    const { handle } = fixture({ INTERNAL_JOB_TOKEN: token, OPS_ALLOWED_ORIGINS: 'https://admin.example' });
    const [own, foreign] = await Promise.all(
      ['https://admin.example', 'https://evil.example'].map((origin) => handle(post('{}', { origin }))),
    );

    expect(own?.headers.get('access-control-allow-origin')).toBe('https://admin.example');
    expect(foreign?.headers.get('access-control-allow-origin')).toBeNull();
  });
});
