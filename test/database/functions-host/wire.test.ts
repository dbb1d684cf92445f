import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { deno, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

let host: TestHost;
let server: Server;
let url: string;

beforeAll(async () => {
  host = await startTestHost();
  server = createServer((incoming, outgoing) => void host.host.serve(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}/functions/v1`;
});

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await host?.stop();
});

describe.skipIf(deno === null)('a function behind a server', () => {
  it('gets large bodies whole, however they are sent', async () => {
    const body = 'ä'.repeat(4 * 1024 * 1024);
    const sent = await fetch(`${url}/hello`, { method: 'POST', body });
    const streamed = await fetch(`${url}/hello`, {
      method: 'POST',
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);

    for (const answer of [sent, streamed]) {
      const seen = z.object({ body: z.string() }).parse(await answer.json());
      expect(seen.body === body).toBe(true);
    }
  });

  it('answers with cookies, statuses and streams as it gave them', async () => {
    const cookies = await fetch(`${url}/moody/cookies`);
    expect(cookies.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect((await fetch(`${url}/moody/empty`)).status).toBe(204);
    expect(await (await fetch(`${url}/moody/stream`)).text()).toBe('one\ntwo\nthree\n');
    expect((await fetch(`${url}/unknown`)).status).toBe(404);
  });

  it('is not waited for by a caller who left', async () => {
    await fetch(`${url}/greedy`);
    const inFlight = () => host.host.running().find(({ slug }) => slug === 'greedy')?.inFlight;
    const left = request(`${url}/greedy/never`);
    left.on('error', () => undefined);
    left.end();
    await expect.poll(inFlight).toBe(1);

    left.destroy();

    await expect.poll(inFlight).toBe(0);
    expect(await (await fetch(`${url}/greedy`)).text()).toBe('modest');
  });

  it('breaks the connection when the function breaks off, so that nobody takes a part for the whole', async () => {
    const answer = await fetch(`${url}/moody/stream`);
    const [running] = host.host.running().filter(({ slug }) => slug === 'moody');
    process.kill(running?.pid ?? 0, 'SIGKILL');

    await expect(answer.text()).rejects.toThrow();
    expect(await (await fetch(`${url}/moody`)).text()).toBe('fine');
  });

  it('is called a thousand times over without a failure, from twenty callers', async () => {
    const caller = async () => {
      for (let count = 0; count < 50; count += 1) {
        const answer = await fetch(`${url}/moody`, { method: 'POST', body: '{}' });
        expect(await answer.text()).toBe('fine');
      }
    };

    await Promise.all(Array.from({ length: 20 }, caller));
    expect(host.host.running().filter(({ slug }) => slug === 'moody')).toHaveLength(1);
  });
});
