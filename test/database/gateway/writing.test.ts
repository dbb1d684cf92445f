import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url);
afterAll(() => gateway.close());
beforeEach(async () => {
  await gateway.database.superuser`truncate api.pairs, api.defaults`;
});

const service = gateway.client(gateway.keys.secret);

async function pairs(): Promise<readonly unknown[]> {
  return gateway.database.superuser`select a, b, note from api.pairs order by a, b`;
}

function post(path: string, body: unknown, prefer?: string): ReturnType<typeof gateway.send> {
  return gateway.send(`/rest/v1/${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(prefer === undefined ? {} : { headers: { prefer } }),
  });
}

describe('insert', () => {
  it('writes one row and many, and gives back what is asked', async () => {
    expect(await service.from('pairs').insert({ a: 1, b: 1 })).toMatchObject({ status: 201, data: null });
    const many = await service
      .from('pairs')
      .insert([
        { a: 2, b: 1, note: 'x' },
        { a: 2, b: 2, note: null },
      ])
      .select('b,note');
    expect(many).toMatchObject({
      status: 201,
      data: [
        { b: 1, note: 'x' },
        { b: 2, note: null },
      ],
    });
    expect(await pairs()).toHaveLength(3);
  });

  it('fills missing keys with null, or with defaults when asked', async () => {
    const rows = [{ id: 1, kind: 'own' }, { id: 2 }];
    const plain = await service.from('defaults').insert(rows);
    expect(plain.error).toMatchObject({ code: '23502' });
    const { data } = await service.from('defaults').insert(rows, { defaultToNull: false }).select();
    expect(data).toEqual([
      { id: 1, kind: 'own', made_by: 'service_role' },
      { id: 2, kind: 'plain', made_by: 'service_role' },
    ]);
  });

  it('names the place of the new row', async () => {
    const { status, headers, text } = await post('pairs', { a: 5, b: 6 }, 'return=headers-only');
    expect({ status, text, location: headers.get('location') }).toEqual({
      status: 201,
      text: '',
      location: '/pairs?a=eq.5&b=eq.6',
    });
  });

  it('embeds in what it gives back', async () => {
    const { data } = await service
      .from('people')
      .insert({ name: 'Barbara', team_id: 2 })
      .select('name,teams(name)')
      .single();
    expect(data).toEqual({ name: 'Barbara', teams: { name: 'south' } });
  });

  it('reads CSV and forms', async () => {
    const csv = await gateway.send('/rest/v1/pairs', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: 'a,b,note\n1,1,"x, ""y"""\n1,2,NULL\n',
    });
    expect(csv.status).toBe(201);
    await gateway.send('/rest/v1/pairs', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=3&b=3&note=a+b',
    });
    expect(await pairs()).toEqual([
      { a: 1, b: 1, note: 'x, "y"' },
      { a: 1, b: 2, note: null },
      { a: 3, b: 3, note: 'a b' },
    ]);
  });

  it.each([
    ['not json', '{', 'Empty or invalid json'],
    ['rows of different keys', [{ a: 1, b: 1 }, { a: 2 }], 'All object keys must match'],
    ['rows that are no objects', [1, 2], 'All object keys must match'],
  ])('refuses %s', async (_, body, message) => {
    expect(await post('pairs', body)).toMatchObject({ status: 400, json: { code: 'PGRST102', message } });
    expect(await pairs()).toEqual([]);
  });

  it('writes nothing of many rows when one is wrong', async () => {
    const { status } = await service.from('pairs').insert([
      { a: 1, b: 1 },
      { a: 1, b: 1 },
    ]);
    expect([status, await pairs()]).toEqual([409, []]);
  });
});

describe('upsert', () => {
  it('merges, and tells new rows from merged ones', async () => {
    const first = await service.from('pairs').upsert({ a: 1, b: 1, note: 'new' });
    const second = await service.from('pairs').upsert({ a: 1, b: 1, note: 'merged' });
    const mixed = await service.from('pairs').upsert([
      { a: 1, b: 1, note: 'again' },
      { a: 1, b: 2, note: 'new' },
    ]);
    expect([first.status, second.status, mixed.status]).toEqual([201, 200, 201]);
    expect(await pairs()).toEqual([
      { a: 1, b: 1, note: 'again' },
      { a: 1, b: 2, note: 'new' },
    ]);
  });

  it('ignores duplicates when asked, by the columns named', async () => {
    await service.from('people').upsert(
      { name: 'Other', email: 'ada@example.com' },
      {
        onConflict: 'email',
        ignoreDuplicates: true,
      },
    );
    const { data } = await service.from('people').select('name').eq('email', 'ada@example.com');
    expect(data).toEqual([{ name: 'Ada' }]);
    const merged = await service
      .from('people')
      .upsert({ name: 'Ada L.', email: 'ada@example.com' }, { onConflict: 'email' })
      .select('id,name');
    expect(merged).toMatchObject({ status: 200, data: [{ id: 1, name: 'Ada L.' }] });
  });
});

describe('update and delete', () => {
  it('change the rows that fit, and say which', async () => {
    await service.from('pairs').insert([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ]);
    const updated = await service.from('pairs').update({ note: 'u' }, { count: 'exact' }).eq('a', 1);
    expect(updated).toMatchObject({ status: 204, count: 2 });
    const removed = await service.from('pairs').delete().or('b.eq.2,a.eq.2').select('a,b');
    expect(removed.status).toBe(200);
    expect(removed.data).toHaveLength(2);
    expect(removed.data).toEqual(
      expect.arrayContaining([
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ]),
    );
    expect(await pairs()).toEqual([{ a: 1, b: 1, note: 'u' }]);
  });

  it('change no more rows than allowed', async () => {
    await service.from('pairs').insert([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
    ]);
    const refused = await gateway.send('/rest/v1/pairs?a=eq.1', {
      method: 'DELETE',
      headers: { prefer: 'handling=strict, max-affected=1' },
    });
    expect(refused.json).toMatchObject({ code: 'PGRST124', details: 'The query affects 2 rows' });
    expect(await pairs()).toHaveLength(2);
  });

  it('do nothing with nothing to change', async () => {
    await service.from('pairs').insert({ a: 1, b: 1, note: 'x' });
    expect((await service.from('pairs').update({}).eq('a', 1)).status).toBe(204);
    expect(await pairs()).toEqual([{ a: 1, b: 1, note: 'x' }]);
  });
});

describe('a function', () => {
  it('sets status and headers of the answer', async () => {
    const { status, headers, json } = await post('rpc/teapot', {});
    expect([status, headers.get('x-kind'), headers.get('cache-control'), json]).toEqual([
      418,
      'teapot',
      'no-store',
      'short and stout',
    ]);
    expect((await post('rpc/bad_status', {})).json).toMatchObject({ code: 'PGRST112' });
  });

  it('takes a whole body of text or bytes', async () => {
    const send = (name: string, type: string, body: Buffer | string) =>
      gateway.send(`/rest/v1/rpc/${name}`, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await send('echo_text', 'text/plain', 'so "is" it')).json).toBe('so "is" it');
    expect((await send('size_of', 'application/octet-stream', Buffer.from([0, 255, 10]))).json).toBe(3);
  });

  it('that takes too long is stopped', async () => {
    await gateway.database.sql`alter function api.sleepy(double precision) set statement_timeout = '100ms'`;
    await gateway.reload();
    expect(await post('rpc/sleepy', { seconds: 5 })).toMatchObject({
      status: 500,
      json: { code: '57014', message: 'canceling statement due to statement timeout' },
    });
  });
});
