import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../actions/_shared/declare/model.ts';
import { COMMENT_LIMIT } from '../../../actions/_shared/report/bounded-markdown.ts';
import { renderLintMarkdown, renderPlanMarkdown } from '../../../actions/_shared/report/plan-markdown.ts';
import { createdJob, planOf, schedule, scheduleUpdate } from './plan-fixture.ts';

const lint: Diagnostic = {
  severity: 'warning',
  code: 'schedule-steps',
  message: 'runs at 0 only',
  hint: 'write 0',
  location: { file: 'runbooks/cron/a.yaml', line: 2, column: 1 },
};

describe('a plan as Markdown', () => {
  it('shows counts, old and new values, words, next runs and risks', () => {
    const text = renderPlanMarkdown(planOf([scheduleUpdate]), { schedule });

    expect(text).toContain('### Plan for `production`: 1 to update');
    expect(text).toContain('schedule: `0 * * * *` → `*/30 * * * *`');
    expect(text).toContain('→ **Every 30 minutes (America/New_York)**');
    expect(text).toContain('2026-01-05 10:00 UTC (05:00 America/New_York)');
    expect(text).toContain('`sync_game_platform_stats`: fires together with 12 other jobs (`stampede`)');
  });

  it('counts a job once, although it is two objects', () => {
    const text = renderPlanMarkdown(planOf(createdJob('nightly')), { schedule });

    expect(text).toContain('### Plan for `production`: 1 to create');
  });

  it('folds risks of one kind, so that they do not push out the changes', () => {
    const risk = { severity: 'warning', code: 'stampede', message: 'fires with others' } as const;
    const changes = Array.from({ length: 25 }, (_, index) => ({
      ...scheduleUpdate,
      name: `job_${index}`,
      risks: [risk],
    }));

    const text = renderPlanMarkdown(planOf(changes), { schedule });

    expect(text.match(/fires with others/g)).toHaveLength(10);
    expect(text).toContain('… and 15 more like it (`stampede`)');
  });

  it('links lint to its line', () => {
    const text = renderPlanMarkdown(planOf([]), {
      diagnostics: [lint],
      linkTo: ({ file, line }) => `https://github.test/blob/abc/${file}#L${line}`,
    });

    expect(text).toContain('(https://github.test/blob/abc/runbooks/cron/a.yaml#L2) runs at 0 only *write 0*');
  });

  it.each([
    ['a mention', '@everyone', '@\u200beveryone'],
    ['a tag', '<img src=x onerror=y>', '&lt;img src=x onerror=y&gt;'],
    ['a comment', '<!-- opsroom:plan env=x -->', '&lt;!-- opsroom:plan env=x --&gt;'],
    ['a link', '[click](https://evil.test)', '\\[click\\](https:\u200b//evil.test)'],
    ['a heading', '\n# big', '⏎ # big'],
    ['an issue', 'fixes #12', 'fixes #\u200b12'],
    ['emphasis', '_now_ or **never**', '\\_now\\_ or \\*\\*never\\*\\*'],
  ])('takes the power out of %s in a foreign message', (_what, message, escaped) => {
    const text = renderPlanMarkdown(
      planOf([{ ...scheduleUpdate, risks: [{ severity: 'danger', code: 'x', message }] }]),
    );

    expect(text).toContain(escaped);
    if (message !== escaped) expect(text).not.toContain(message);
  });

  it('keeps backticks of a foreign value inside the code', () => {
    const text = renderPlanMarkdown(planOf([{ ...scheduleUpdate, after: { schedule: '``x` **y**' } }]));

    expect(text).toContain('→ ``` ``x` **y** ```');
  });

  it.each([100, 1_000, 10_000])(
    'stays under 65,536 characters with %i new jobs, cut between items',
    (jobs) => {
      const changes = Array.from({ length: jobs }, (_, index) =>
        createdJob(`job_with_a_long_name_${index}`),
      ).flat();

      const text = renderPlanMarkdown(planOf(changes), {
        limit: COMMENT_LIMIT,
        diagnostics: [lint],
        footer: 'the end',
      });

      expect(text.length).toBeLessThan(COMMENT_LIMIT);
      const shown = text.match(/\*\*create\*\*/g)?.length ?? 0;
      const more = Number(/… (\d+) more in the summary/.exec(text)?.[1] ?? 0);
      expect(shown + more).toBe(jobs);
      expect(text).toContain('runs at 0 only');
      expect(text.trimEnd().endsWith(`<sub>the end · plan \`${'a'.repeat(64)}\`</sub>`)).toBe(true);
      if (jobs > 1_000) expect(text.length).toBeGreaterThan(COMMENT_LIMIT - 3_000);
    },
  );

  it('never cuts inside a code span or a disclosure', () => {
    const unmanaged = Array.from({ length: 5_000 }, (_, index) => ({
      kind: 'cron' as const,
      name: `odd \`name\` ${index}`,
      detail: { schedule: '* * * * *' },
    }));

    const text = renderPlanMarkdown(planOf([], { unmanaged }), { limit: 20_000 });

    expect(text.match(/<details>/g)).toHaveLength(1);
    expect(text.match(/<\/details>/g)).toHaveLength(1);
    const listed = text.split('\n').filter((each) => each.startsWith('- cron'));
    expect(listed.length).toBeGreaterThan(10);
    for (const line of listed) {
      expect(line).toMatch(/^- cron ``odd `name` \d+`` `\* \* \* \* \*`$/);
    }
  });

  it('measures bytes when asked, for summaries', () => {
    const changes = Array.from({ length: 2_000 }, (_, index) => createdJob(`ジョブ_${index}`)).flat();

    const text = renderPlanMarkdown(planOf(changes), { limit: 50_000, unit: 'bytes' });

    expect(Buffer.byteLength(text)).toBeLessThan(50_000);
  });

  it('says why there is only lint', () => {
    const text = renderLintMarkdown(
      { environment: 'production', reason: 'From a fork: checked without secrets.' },
      { diagnostics: [{ ...lint, severity: 'error' }] },
    );

    expect(text).toContain('### Plan for `production`: 1 error in the files');
    expect(text).toContain('From a fork: checked without secrets.');
  });
});
