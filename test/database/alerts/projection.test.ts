import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { passTime } from './pass-time.ts';
import { type AlertWorld, found, policy, startAlertWorld } from './world.ts';

const policies = {
  late: policy(),
  dead: policy({ mutes: [{ check: 'late' }], runbook: 'wake', runbook_command: '/run wake object=$object' }),
  advice: policy({ group: 'advice:unindexed' }),
};
const world: AlertWorld = await startAlertWorld(import.meta.url, policies);
const { service, pass, project, github, issues } = world;
const { sql } = world.database;
afterAll(() => world.drop());
beforeEach(async () => {
  await sql`
    truncate ops.alerts, ops.alert_events, ops.check_states, ops.check_policies, ops.silences, ops.watchers, ops.alert_issues,
             ops.alert_projections restart identity`;
  github.store.issues.clear();
  github.store.comments.clear();
  github.violations.length = 0;
});

function comments(): string[] {
  return [...github.store.comments.values()].map(
    ({ issue, body }) => `#${issue} ${body.split('\n')[1]?.replace(/ \(\[run\].*/, '')}`,
  );
}

/** What GitHub was asked while this happened. */
async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = github.calls.length;
  await work();
  return github.calls.slice(before).map(({ operation }) => operation);
}

function the(number: number) {
  const issue = github.store.issues.get(number);
  if (issue === undefined) throw new Error(`no issue #${number}`);
  return issue;
}

/** Something happens on GitHub at least a second later, as it shows time in seconds. */
function byHand(number: number, change: (issue: ReturnType<typeof the>) => void): void {
  const issue = the(number);
  change(issue);
  issue.updatedAt = new Date(Date.now() + 2000);
}

describe('the issue of an alert', () => {
  it('opens with the evidence, says what changes, closes by itself and comes back as the same', async () => {
    await pass({ results: [found('late', 'sync')] });
    expect(await callsOf(project)).toEqual(['issues/list-for-repo', 'issues/create']);
    const [issue] = issues();
    expect(issue).toMatchObject({
      number: 1,
      state: 'open',
      title: 'production: Something is late: sync',
      labels: ['env:production', 'ops-alert', 'severity:warning'],
    });
    for (const words of ['sync is late', '`minutes`', '`12`', 'Mend it.', '@data-team', '/ack']) {
      expect(issue?.body).toContain(words);
    }

    await pass({ results: [found('late', 'sync', { severity: 'critical' })] });
    expect(await callsOf(project)).toEqual([
      'issues/list-for-repo',
      'issues/get',
      'issues/update',
      'issues/create-comment',
    ]);
    expect(issues()[0]?.labels).toEqual(['env:production', 'ops-alert', 'severity:critical']);

    await pass();
    await project();
    expect(the(1)).toMatchObject({ state: 'closed', stateReason: 'completed' });

    await pass({ results: [found('late', 'sync')] });
    await project();
    expect(the(1)).toMatchObject({ state: 'open', stateReason: 'reopened' });
    expect(issues()).toHaveLength(1);
    expect(comments()).toEqual([
      '#1 It is worse: **critical** now. @data-team',
      expect.stringMatching(/^#1 It is over after \d+ seconds?: seen to be well\.$/),
      '#1 It is back. @data-team',
    ]);
    expect(github.violations).toEqual([]);
  });

  it('is assigned to its owner, who is only mentioned where GitHub does not know them', async () => {
    const owned = {
      mine: policy(),
      theirs: policy({ owner: '@nobody-here' }),
      team: policy({ owner: '@acme/data' }),
    };
    const results = [found('mine'), found('theirs', 'a'), found('theirs', 'b'), found('team')];
    await pass({ policies: owned, results });
    const calls = await callsOf(project);
    // One refusal tells it for the whole run.
    expect(calls.filter((call) => call === 'issues/create')).toHaveLength(5);
    const assigned = [...github.store.issues.values()].filter(({ assignees }) => assignees.length > 0);
    expect(assigned).toMatchObject([{ title: 'production: Something is mine', assignees: ['data-team'] }]);
    const bodies = issues()
      .map(({ body }) => body)
      .join();
    expect(bodies).toContain('warning · @nobody-here · since');
    expect(bodies).toContain('warning · @acme/data · since');
  });

  it('costs one call while nothing changes, however often it is seen', async () => {
    await pass({ results: [found('late', 'sync'), found('late', 'other')] });
    await project();
    for (let round = 0; round < 3; round += 1) {
      await pass({
        results: [
          found('late', 'sync', { finding: { ...found('late', 'sync').finding, detail: `${round}` } }),
          found('late', 'other'),
        ],
      });
      expect(await callsOf(project)).toEqual(['issues/list-for-repo']);
    }
    expect(await service`select etag like 'W/%' as is_kept from ops.alert_projections`).toEqual([
      { is_kept: true },
    ]);
  });

  it('shows new evidence when it is an hour old', async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    await passTime(sql, '61 minutes');
    await pass({
      results: [
        found('late', 'sync', {
          finding: { ...found('late', 'sync').finding, detail: 'three hours by now' },
        }),
      ],
    });
    expect(await callsOf(project)).toEqual(['issues/list-for-repo', 'issues/get', 'issues/update']);
    expect(the(1).body).toContain('three hours by now');
    expect(comments()).toEqual([]);
  });

  it('is a new one when it comes back after the window', async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    await pass();
    await project();
    await passTime(sql, '2 hours');
    await pass({ results: [found('late', 'sync')] });
    await project();
    expect(issues().map(({ number, state }) => `${number} ${state}`)).toEqual(['1 closed', '2 open']);
    const [row] =
      await service`select number from ops.alert_of_issue('acme/ops', 2) a, ops.alert_issues i where i.id = a.issue_id`;
    expect(row).toEqual({ number: 2 });
  });

  it('is not closed and opened again by what ends and begins between two runs', async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    await pass();
    await pass({ results: [found('late', 'sync')] });
    expect(await callsOf(project)).toEqual(['issues/list-for-repo']);
    expect(await service`select count(*)::int as alerts from ops.alert_of_issue('acme/ops', 1)`).toEqual([
      { alerts: 2 },
    ]);
  });

  it('leaves people their text, their labels and their title', async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    byHand(1, (issue) => {
      issue.body = `Bob looks into it.\n\n${issue.body}\n\nSee the wiki.`;
      issue.title = 'Renamed';
      github.store.labels.set('team', { id: 1, name: 'team', color: 'ffffff', description: null });
      issue.labels.push('team');
    });
    await pass({ results: [found('late', 'sync', { severity: 'critical' })] });
    await project();
    expect(the(1).body).toMatch(
      /^Bob looks into it\.\n\n<!-- opsroom:alert env=production [\s\S]*-->\n\nSee the wiki\.$/,
    );
    expect(the(1).title).toBe('Renamed');
    expect(issues()[0]?.labels).toEqual(['env:production', 'ops-alert', 'severity:critical', 'team']);
    await pass();
    await project();
    expect(the(1).body).toContain('Bob looks into it.');
  });

  it('of an alert raised by somebody else is the same', async () => {
    await service`
      select ops.raise_alert('dead_letter', 'dead_letter:mail:1', 'critical', 'Jobs of type mail failed for good', 'no @route',
                             '{"task_type": "mail", "owner": "@data-team"}')`;
    await project();
    expect(issues()[0]?.body).toContain('`task_type`');
    await service`select ops.resolve_alert('dead_letter:mail:1')`;
    await project();
    expect(the(1).state).toBe('closed');
  });

  it('is not opened for information, nor for what is silenced, acknowledged or muted before it had one', async () => {
    await service`select ops.create_silence('{"object": "quiet"}', now() + interval '1 hour', 'ada')`;
    await pass({
      results: [found('late', 'note', { severity: 'info' }), found('late', 'quiet'), found('late', 'taken')],
    });
    await service`select ops.acknowledge_alert(id, 'ada') from ops.alerts where object = 'taken'`;
    await project();
    expect(issues()).toEqual([]);
    await passTime(sql, '2 hours');
    await pass({
      results: [found('late', 'note', { severity: 'info' }), found('late', 'quiet'), found('late', 'taken')],
    });
    await project();
    expect(issues().map(({ title }) => title)).toEqual(['production: Something is late: quiet']);
  });

  it('says who answered, and speaks up when the answer is over', async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    await service`select ops.snooze_alert(id, now() + interval '2 hours', 'ada') from ops.alerts`;
    await project();
    expect(issues()[0]?.labels).toContain('state:snoozed');
    expect(the(1).body).toContain('Snoozed by ada until');
    expect(comments()).toEqual([]);
    await passTime(sql, '3 hours');
    await pass({ results: [found('late', 'sync')] });
    await project();
    expect(issues()[0]?.labels).not.toContain('state:snoozed');
    expect(comments()).toEqual(['#1 The time it was put off for is over, and it is still there. @data-team']);
  });

  it('says that nobody knows while the check cannot look', async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    await pass({ evaluated: ['dead', 'advice'] });
    await project();
    expect(issues()[0]?.labels).toContain('state:unknown');
    expect(the(1).body).toContain('**Unknown** since');
    expect(issues()[1]?.title).toBe('production: The check late could not look');
    await pass();
    await project();
    expect(issues().map(({ state }) => state)).toEqual(['closed', 'closed']);
  });
});

describe('a person who closes the issue', () => {
  beforeEach(async () => {
    await pass({ results: [found('late', 'sync')] });
    await project();
    byHand(1, (issue) => {
      issue.state = 'closed';
    });
    await pass({ results: [found('late', 'sync')] });
    await project();
  });

  it('acknowledges the alert, and the issue stays closed', async () => {
    expect(await sql`select status, note from ops.alerts`).toEqual([
      { status: 'acknowledged', note: 'closed the issue' },
    ]);
    await pass({ results: [found('late', 'sync')] });
    await project();
    expect(the(1).state).toBe('closed');
    expect(comments()).toEqual([]);
  });

  it('hears of it again when it is worse', async () => {
    await pass({ results: [found('late', 'sync', { severity: 'critical' })] });
    await project();
    expect(the(1).state).toBe('open');
    expect(comments()).toEqual(['#1 It is worse: **critical** now. @data-team']);
  });

  it('is told when it is over, and hears of it again when it returns', async () => {
    await pass();
    await project();
    expect(the(1).state).toBe('closed');
    expect(comments()).toHaveLength(1);
    await project();
    expect(comments()).toHaveLength(1);
    await pass({ results: [found('late', 'sync')] });
    await project();
    expect(the(1).state).toBe('open');
  });

  it('and reopens it wants to be told again', async () => {
    byHand(1, (issue) => {
      issue.state = 'open';
    });
    await project();
    expect(await sql`select status from ops.alerts`).toEqual([{ status: 'active' }]);
    expect(the(1).state).toBe('open');
  });
});

describe('a group', () => {
  it('is one issue with a checklist that speaks up when there is more of it', async () => {
    await pass({ results: [found('advice', 'orders'), found('advice', 'lines')] });
    await project();
    expect(issues()).toHaveLength(1);
    expect(the(1).body).toContain('- [ ] 🟠 Something is advice: lines');
    await pass({ results: [found('advice', 'orders'), found('advice', 'parts')] });
    await project();
    expect(the(1).body).toContain('- [ ] 🟠 Something is advice: parts');
    expect(the(1).body).toContain('- [x] Something is advice: lines');
    expect(comments()).toEqual(['#1 There is more of it: 2 now. The list above says which. @data-team']);
    await pass();
    await project();
    expect(the(1).state).toBe('closed');
    expect(issues()).toHaveLength(1);
  });
});

describe('a cause', () => {
  it('has the one issue of all it mutes, and names them', async () => {
    await pass({ results: [found('dead'), found('late', 'a'), found('late', 'b')] });
    await project();
    expect(issues().map(({ title }) => title)).toEqual(['production: Something is dead']);
    expect(the(1).body).toContain('Something is late: a');
    expect(the(1).body).toContain('`/run wake object=…`');
  });

  it('explains an issue that was there before it', async () => {
    await pass({ results: [found('late', 'a')] });
    await project();
    await pass({ results: [found('dead'), found('late', 'a')] });
    await project();
    expect(issues().find(({ number }) => number === 1)?.labels).toContain('state:muted');
    expect(the(1).body).toContain('it follows from #2');
    expect(comments()).toEqual([]);
    await pass({ results: [found('late', 'a')] });
    await project();
    expect(the(2).state).toBe('closed');
    expect(issues().find(({ number }) => number === 1)?.labels).not.toContain('state:muted');
  });
});

describe('a storm', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => found('late', `job-${String(index).padStart(3, '0')}`));

  it('of 300 alerts is one issue, and at most 12 writes', async () => {
    await pass({ results: many(300) });
    const calls = await callsOf(project);
    expect(calls.filter((call) => call !== 'issues/list-for-repo').length).toBeLessThanOrEqual(12);
    expect(issues()).toHaveLength(1);
    expect(issues()[0]?.title).toBe('production: 300 alerts at once');
    expect(the(1).body?.length).toBeLessThan(65_536);
    expect(the(1).body).toContain('**300 of 300 still there**');
    expect(await service`select count(*)::int as shown from ops.alert_of_issue('acme/ops', 1)`).toEqual([
      { shown: 300 },
    ]);
    await pass({ results: many(300) });
    expect(await callsOf(project)).toEqual(['issues/list-for-repo']);
  });

  it('ticks what is over, and gives what is left an issue of its own', async () => {
    await pass({ results: many(300) });
    await project();
    await pass({ results: many(40) });
    await project();
    expect(the(1).body).toContain('**40 of 300 still there**');
    expect(issues()).toHaveLength(1);
    await pass({ results: many(4) });
    await project();
    expect(issues().map(({ state }) => state)).toEqual(['open', 'open', 'open', 'open', 'open']);
    await project();
    expect(issues().map(({ state }) => state)).toEqual(['closed', 'open', 'open', 'open', 'open']);
    expect(comments().at(-1)).toBe('#1 The storm is over; what is left of it has an issue of its own.');
    await pass();
    await project();
    expect(issues().every(({ state }) => state === 'closed')).toBe(true);
  });

  it('that is over at once closes its one issue', async () => {
    await pass({ results: many(11) });
    await project();
    await pass();
    await project();
    expect(issues().map(({ state }) => state)).toEqual(['closed']);
  });

  it('is none of ten', async () => {
    await pass({ results: many(10) });
    await project();
    expect(issues()).toHaveLength(10);
  });

  it('takes in what follows within the hour', async () => {
    await pass({ results: many(20) });
    await project();
    await pass({ results: many(25) });
    await project();
    expect(issues()).toHaveLength(1);
    expect(the(1).body).toContain('**25 of 25 still there**');
    await passTime(sql, '2 hours');
    await pass({ results: many(27) });
    await project();
    expect(issues()).toHaveLength(3);
  });
});

describe('two runs at once', () => {
  it('open one issue an alert', async () => {
    await pass({ results: [found('late', 'a'), found('late', 'b'), found('late', 'c')] });
    const results = await Promise.all([project(), project(), project()]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['busy', 'busy', 'done']);
    expect(issues()).toHaveLength(3);
  });

  it('when one of them dies while writing, the next goes on after its lease', async () => {
    await pass({ results: [found('late', 'a')] });
    await service`select ops.begin_alert_projection('acme/ops', 'a run that dies')`;
    expect((await project()).kind).toBe('busy');
    await passTime(sql, '4 minutes');
    expect((await project()).kind).toBe('done');
    expect(issues()).toHaveLength(1);
  });
});
