import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../local/page/markdown.ts';
import { openPage, type Page } from '../../local/page/server.ts';
import type { PageAct, PageState } from '../../local/page/state.ts';

const state: PageState = {
  repository: 'acme/ops',
  person: 'alice',
  at: '2026-11-21T10:00:00Z',
  issues: [],
  runs: [],
  workflows: [],
};
const done: PageAct[] = [];
let change = (): void => {};
let page: Page;

beforeAll(async () => {
  page = await openPage({
    source: {
      read: () => state,
      log: (run, from) => [`run ${run}`, 'second'].slice(from),
      perform: (act) => {
        if (act.act === 'cancel') throw new Error('it has ended already');
        done.push(act);
      },
      onChange: (changed) => {
        change = changed;
        return () => {
          change = () => {};
        };
      },
    },
  });
});
beforeEach(() => done.splice(0));
afterAll(() => page.stop());

const own = (): Record<string, string> => ({
  'content-type': 'application/json',
  origin: new URL(page.url).origin,
  'x-opsroom': 'page',
});
const post = (body: unknown, headers = own()): Promise<Response> =>
  fetch(`${page.url}act`, { method: 'POST', headers, body: JSON.stringify(body) });

describe('the page', () => {
  it('serves itself, its state and the lines of a run, with nothing from elsewhere', async () => {
    const html = await fetch(page.url);
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await html.text();
    expect(text).toContain('Workflow runs');
    expect(text).not.toMatch(/https?:\/\//);
    for (const asset of ['page.css', 'page.js']) expect((await fetch(page.url + asset)).status).toBe(200);
    expect(await (await fetch(`${page.url}state.json`)).json()).toEqual(state);
    expect(await (await fetch(`${page.url}log.json?run=7&from=1`)).json()).toEqual({ lines: ['second'] });
    expect((await fetch(`${page.url}..%2fserver.ts`)).status).toBe(404);
  });

  it('passes on what a person does', async () => {
    const act = { act: 'comment', issue: 3, body: '/ack' };
    expect((await post(act)).status).toBe(200);
    expect(done).toEqual([act]);
  });

  it('says what is wrong with an order, and what went wrong with one', async () => {
    expect((await post({ act: 'comment', issue: 0, body: '' })).status).toBe(422);
    expect((await post({ act: 'erase' })).status).toBe(422);
    const refused = await post({ act: 'cancel', run: 1 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ message: 'it has ended already' });
    expect(done).toEqual([]);
  });

  it.each([
    ['another origin', { origin: 'http://evil.test' }],
    ['no origin', { origin: '' }],
    ['a plain form', { 'x-opsroom': '' }],
  ])('takes no orders from %s', async (_, headers) => {
    expect((await post({ act: 'close', issue: 1 }, { ...own(), ...headers })).status).toBe(403);
    expect(done).toEqual([]);
  });

  it('refuses orders that are too large', async () => {
    expect((await post({ act: 'comment', issue: 1, body: 'x'.repeat(200_000) })).status).toBe(400);
    expect(done).toEqual([]);
  });

  it('tells open pages that something changed, once for many changes', async () => {
    const stream = await fetch(`${page.url}changes`);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain('retry');
    for (let index = 0; index < 20; index += 1) change();
    expect((await reader?.read())?.value).toBe('data: changed\n\n');
    await reader?.cancel();
  });
});

describe('text of issues', () => {
  it('is shown and never done', () => {
    const html = renderMarkdown(
      '<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![i](http://a.test/b.png)',
    );
    expect(html).not.toMatch(/<script|<img|href="javascript/);
    expect(html).toContain('&lt;script&gt;');
  });

  it('hides what only machines read, and ticks boxes', () => {
    const html = renderMarkdown(
      '<!-- opsroom:alert id=1 -->\n- [x] done\n- [ ] not yet\n\n| a |\n|---|\n| 1 |',
    );
    expect(html).not.toContain('opsroom:alert');
    expect(html).toContain('disabled checked> done');
    expect(html).toContain('disabled> not yet');
    expect(html).toContain('<table>');
  });
});
