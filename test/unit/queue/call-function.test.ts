import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createFunctionCaller } from '../../../functions/_shared/jobs/call-function.ts';
import { wishOf } from '../../../functions/_shared/jobs/job-failure.ts';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const Answer = z.object({ processed: z.number() });

function call(
  access: { url?: string | undefined; token?: string | undefined } = {},
  signal = new AbortController().signal,
) {
  const caller = createFunctionCaller({ url, token: 'the-job-token', ...access });
  return caller({ slug: 'sync', body: { dryRun: true }, answer: Answer, idempotencyKey: 'job-1', signal });
}

async function failure(promise: Promise<unknown>): Promise<{ message: string; wish: unknown }> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  return { message: error instanceof Error ? error.message : String(error), wish: wishOf(error) };
}

describe('a call of a function', () => {
  it('is a POST with token and idempotency key, and its answer is checked', async () => {
    const seen: unknown[] = [];
    answer = (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push(
          request.method,
          request.url,
          request.headers['x-job-token'],
          request.headers['idempotency-key'],
          body,
        );
        response.end('{"processed":3,"more":1}');
      });
    };
    expect(await call()).toEqual({ processed: 3 });
    expect(seen).toEqual(['POST', '/functions/v1/sync', 'the-job-token', 'job-1', '{"dryRun":true}']);
  });

  it.each([
    [
      400,
      {},
      '{"error":{"code":"invalid","message":"limit is too big"}}',
      'invalid - limit is too big',
      { kind: 'dead' },
    ],
    [401, {}, 'no json', 'function sync answered 401', { kind: 'dead' }],
    [404, {}, '{"message":"not found"}', 'answered 404: not found', { kind: 'dead' }],
    [408, {}, '', 'answered 408', undefined],
    [429, { 'retry-after': '30' }, '', 'answered 429', { kind: 'retry', delayMs: 30_000 }],
    [429, {}, '', 'answered 429', undefined],
    [503, { 'retry-after': '5' }, '', 'answered 503', { kind: 'retry', delayMs: 5000 }],
    [500, {}, '{"error":"boom"}', 'answered 500: boom', undefined],
    [200, {}, '{"processed":"x"}', 'unexpected - processed', { kind: 'dead' }],
    [200, {}, 'not json', 'unexpected - the answer', { kind: 'dead' }],
    [302, { location: 'http://127.0.0.1:1/' }, '', 'was not reached', undefined],
  ])('that is answered %i %j %s', async (status, headers, body, message, wish) => {
    answer = (_, response) => response.writeHead(status, headers).end(body);
    const found = await failure(call());
    expect(found.message).toContain(message);
    expect(found.wish).toEqual(wish);
  });

  it('whose connection breaks may be tried again', async () => {
    answer = (request) => request.socket.destroy();
    expect(await failure(call())).toEqual({ message: 'function sync was not reached', wish: undefined });
  });

  it('ends with its signal', async () => {
    answer = () => undefined;
    const controller = new AbortController();
    const calling = failure(call({}, controller.signal));
    setTimeout(() => controller.abort(new Error('time is up')), 50);
    expect((await calling).message).toBe('time is up');
  });

  it('does not read an endless answer', async () => {
    answer = (_, response) => {
      const chunk = 'x'.repeat(100_000);
      const more = () => {
        while (response.writable && response.write(chunk));
      };
      response.on('drain', more);
      response.on('error', () => undefined);
      more();
    };
    expect(await failure(call())).toMatchObject({
      message: expect.stringContaining('more than 1048576 bytes'),
    });
  });

  it.each([
    [{ url: undefined }, 'OPSROOM_FUNCTIONS_URL is not set'],
    [{ url: '' }, 'OPSROOM_FUNCTIONS_URL is not set'],
    [{ token: undefined }, 'OPSROOM_JOB_TOKEN is not set'],
    [{ token: '' }, 'OPSROOM_JOB_TOKEN is not set'],
    [{ url: 'http://example.com' }, 'must start with https://'],
    [{ url: 'nonsense' }, 'is no URL'],
  ])('with %j is not made', async (access, message) => {
    answer = () => {
      throw new Error('it was made');
    };
    const found = await failure(call(access));
    expect(found.message).toContain(message);
    expect(found.wish).toBeUndefined();
  });
});
