import { afterAll, describe, expect, it } from 'vitest';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url);
afterAll(() => gateway.close());

const service = gateway.client(gateway.keys.secret);

/** The ids a query string leaves of the four people. */
async function ids(query: string): Promise<unknown> {
  const { status, json } = await gateway.send(`/rest/v1/people?select=id&order=id&${query}`);
  if (status !== 200) return { status, json };
  return Array.isArray(json) ? json.map((row: { id: number }) => row.id) : json;
}

async function select(query: string): Promise<unknown> {
  return (await gateway.send(`/rest/v1/people?${query}`)).json;
}

describe('filters', () => {
  it.each([
    ['id=eq.1', [1]],
    ['id=neq.1', [2, 3, 4]],
    ['id=gt.2', [3, 4]],
    ['id=gte.2&id=lt.4', [2, 3]],
    ['id=lte.2', [1, 2]],
    ['name=like.*a', [1]],
    ['name=ilike.a*', [1, 4]],
    ['name=match.^[AG]', [1, 2, 4]],
    ['name=imatch.^a', [1, 4]],
    ['name=like(any).{A*,G*}', [1, 2, 4]],
    ['name=ilike(all).{*a*,*d*}', [1]],
    ['id=eq(any).{1,3}', [1, 3]],
    ['id=in.(1,3)', [1, 3]],
    ['id=in.()', []],
    ['id=not.in.(1,3)', [2, 4]],
    ['name=in.("Alan (T.)","Ada")', [1, 4]],
    ['email=is.null', [3]],
    ['email=not.is.null', [1, 2, 4]],
    ['email=is.not_null', [1, 2, 4]],
    ['score=isdistinct.8', [1, 3, 4]],
    ['tags=cs.{code}', [1, 2]],
    ['tags=cd.{math}', [3, 4]],
    ['tags=ov.{math,x}', [1, 4]],
    ['profile=cs.{"n":1}', [4]],
    ['profile->address->>city=eq.London', [1]],
    ['profile->lang->>0=eq.en', [1]],
    ['profile->lang->>-1=eq.fr', [1]],
    ['working=sl.[5,9)', [1]],
    ['working=sr.[1,5)', [2]],
    ['working=adj.[5,6)', [1]],
    ['name=fts.ada', [1]],
    ['name=fts(english).grace', [2]],
    ['name=plfts.ada', [1]],
    ['name=wfts.ada or grace', [1, 2]],
    ['mood=eq.tense', [2]],
    ['or=(id.eq.1,name.eq.Grace)', [1, 2]],
    ['and=(id.gt.1,or(name.eq.Grace,not.and(id.lt.4,id.gt.2)))', [2, 4]],
    ['not.or=(id.eq.1,id.eq.2)', [3, 4]],
    ['or=(name.eq."Alan (T.)",tags.cs.{math,code})', [1, 4]],
    ['or=(id.in.(1,2),email.is.null)', [1, 2, 3]],
    ['limit=2', [1, 2]],
    ['limit=2&offset=1', [2, 3]],
    ['limit=0', []],
  ])('%s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  it.each([
    ['id=5', '"failed to parse filter (5)" (line 1, column 1)'],
    ['id=foo.5', '"failed to parse filter (foo.5)" (line 1, column 1)'],
    ['id=in.1,2', '"failed to parse filter (in.1,2)" (line 1, column 4)'],
    ['or=(id.eq.1', '"failed to parse logic tree ((id.eq.1)" (line 1, column 9)'],
    ['or=()', '"failed to parse logic tree (())" (line 1, column 2)'],
    ['select=id,', '"failed to parse select parameter (id,)" (line 1, column 4)'],
    ['select=id(', '"failed to parse select parameter (id()" (line 1, column 4)'],
    ['order=id.up', '"failed to parse order (id.up)" (line 1, column 4)'],
  ])('refuses %s and says where', async (query, message) => {
    const { status, json } = await gateway.send(`/rest/v1/people?${query}`);
    expect({ status, json }).toMatchObject({ status: 400, json: { code: 'PGRST100', message } });
  });
});

describe('select', () => {
  it('names, casts and looks into JSON', async () => {
    expect(
      await select('select=who:name,id::text,profile->address->city,first:profile->lang->0&id=eq.1'),
    ).toEqual([{ who: 'Ada', id: '1', city: 'London', first: 'en' }]);
  });

  it('takes a cast to a type that exists only', async () => {
    expect(await select('select=id::nosuch')).toMatchObject({
      code: '42704',
      message: 'type "nosuch" does not exist',
    });
  });

  it('embeds to one, to many, through a junction, and itself', async () => {
    expect(
      await select(
        'select=name,teams(name),people_skills(skill_id),skills(name),badges(number),mentor:mentor_id(name),people(name)&id=in.(1,2)&order=id&people.order=id&skills.order=id',
      ),
    ).toEqual([
      {
        name: 'Ada',
        teams: { name: 'north' },
        people_skills: [{ skill_id: 1 }, { skill_id: 2 }],
        skills: [{ name: 'sql' }, { name: 'proof' }],
        badges: { number: 'A-1' },
        mentor: null,
        people: [{ name: 'Grace' }, { name: 'Edsger' }],
      },
      {
        name: 'Grace',
        teams: { name: 'north' },
        people_skills: [{ skill_id: 1 }],
        skills: [{ name: 'sql' }],
        badges: null,
        mentor: { name: 'Ada' },
        people: [],
      },
    ]);
  });

  it('chooses between two keys by a hint', async () => {
    const { data } = await service
      .from('games')
      .select('home:teams!games_home_fkey(name),away:teams!away_id(name)');
    expect(data).toEqual([{ home: { name: 'north' }, away: { name: 'south' } }]);
  });

  it('filters by what is embedded, counts as it filters, and limits inside', async () => {
    const inner = await service
      .from('teams')
      .select('name,people!inner(name)', { count: 'exact' })
      .eq('people.name', 'Edsger');
    expect(inner).toMatchObject({ count: 1, data: [{ name: 'south', people: [{ name: 'Edsger' }] }] });
    const limited = await service
      .from('teams')
      .select('name,people(name)')
      .order('name', { referencedTable: 'people', ascending: false })
      .limit(1, { referencedTable: 'people' })
      .eq('id', 1);
    expect(limited.data).toEqual([{ name: 'north', people: [{ name: 'Grace' }] }]);
    const lonely = await service.from('teams').select('name,people()', { count: 'exact' }).is('people', null);
    expect(lonely).toMatchObject({ count: 1, data: [{ name: 'empty' }] });
  });

  it('spreads a to-one resource and orders by it', async () => {
    expect(await select('select=id,...teams(name)&order=teams(name).desc.nullslast,id&limit=2')).toEqual([
      { id: 3, name: 'south' },
      { id: 1, name: 'north' },
    ]);
  });

  it('reads names that need quotes', async () => {
    const odd = encodeURIComponent('Odd "Name');
    const { json } = await gateway.send(`/rest/v1/${odd}?select="a b","select","x.y"&"x.y"=eq.xy`);
    expect(json).toEqual([{ 'a b': 'ab', select: 'sel', 'x.y': 'xy' }]);
  });

  it('reads a view', async () => {
    expect((await service.from('calm_people').select('name').eq('id', 1)).data).toEqual([{ name: 'Ada' }]);
  });
});

describe('the shape of an answer', () => {
  it('is CSV when asked', async () => {
    expect((await service.from('people').select('id,name').order('id').limit(1).csv()).data).toBe(
      'id,name\n1,Ada',
    );
  });

  it('leaves nulls out when asked', async () => {
    expect((await service.from('people').select('id,email').eq('id', 3).stripNulls()).data).toEqual([
      { id: 3 },
    ]);
  });

  it('has the headers clients look at', async () => {
    const { headers } = await gateway.send('/rest/v1/people?select=id&limit=2', {
      headers: { 'accept-profile': 'api', prefer: 'count=exact' },
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-range': '0-1/4',
      'content-type': 'application/json; charset=utf-8',
      'content-profile': 'api',
      'content-location': '/people?limit=2&select=id',
      'preference-applied': 'count=exact',
      'access-control-allow-origin': '*',
    });
  });

  it('is refused in a type nobody can make', async () => {
    const { status, json } = await gateway.send('/rest/v1/people', { headers: { accept: 'image/png' } });
    expect({ status, json }).toMatchObject({ status: 406, json: { code: 'PGRST107' } });
  });

  it('takes a Range header, and of two ranges what both hold', async () => {
    const ranged = await gateway.send('/rest/v1/people?select=id&order=id&limit=3', {
      headers: { range: '1-1' },
    });
    expect(ranged.json).toEqual([{ id: 2 }]);
    const reversed = await gateway.send('/rest/v1/people', { headers: { range: '5-1' } });
    expect(reversed).toMatchObject({ status: 416, json: { code: 'PGRST103' } });
  });

  it('ends at the most rows the project allows', async () => {
    const { data, count } = await service.rpc('numbers', { upto: 1_500 }, { count: 'exact' });
    expect([Array.isArray(data) && data.length, count]).toEqual([1_000, 1_500]);
  });

  it('follows the catalog without being told', async () => {
    expect((await service.from('latecomers').select()).status).toBe(404);
    await gateway.database.sql`create table api.latecomers (id int)`;
    await gateway.database.sql`grant select on api.latecomers to service_role`;
    await expect.poll(async () => (await service.from('latecomers').select()).status).toBe(200);
    await gateway.database.sql`alter table api.latecomers alter column id type text`;
    await expect.poll(async () => (await service.from('latecomers').select().eq('id', 'x')).status).toBe(200);
    await gateway.database.sql`drop table api.latecomers`;
    await expect.poll(async () => (await service.from('latecomers').select()).status).toBe(404);
  });
});
