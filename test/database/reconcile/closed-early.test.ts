import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { desiredState } from './desired.ts';

let server: Server;
let taken: Socket[] = [];
afterEach(async () => {
  for (const socket of taken) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Somebody who takes connections on a free port and is no database. */
async function listen(answer: (socket: Socket) => void): Promise<string> {
  taken = [];
  server = createServer((socket) => {
    taken.push(socket);
    socket.on('error', () => socket.destroy());
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `postgresql://postgres:x@127.0.0.1:${address.port}/postgres?connect_timeout=2`;
}

async function refusal(url: string): Promise<unknown> {
  const sql = connect({ url, applicationName: 'opsroom test' });
  try {
    return await computePlan({ sql, desired: desiredState(), env: {}, prune: false });
  } catch (error) {
    return error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

it.each([
  ['at once', 'disable', (socket: Socket) => socket.end()],
  ['at once, where TLS is wanted', 'require', (socket: Socket) => socket.end()],
  ['at our first word', 'disable', (socket: Socket) => socket.once('data', () => socket.end())],
])(
  'a tunnel without a database behind it, closing %s, is said after a few tries',
  async (_when, mode, answer) => {
    const error = await refusal(`${await listen(answer)}&sslmode=${mode}`);
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('closes every connection before it answers'),
    });
    expect(taken.length).toBeGreaterThan(1);
    expect(taken.length).toBeLessThan(40);
  },
);

it('somebody who speaks something else is said, where TLS is wanted', async () => {
  const url = await listen((socket) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad\r\n\r\n')));
  expect(await refusal(`${url}&sslmode=require`)).toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('does not speak TLS'),
  });
});
