import { afterAll, expect, it } from 'vitest';
import { runAlertChaos } from '../../../bench/chaos-alerts-run.ts';
import { brokenThingsWorkspace } from './health-run.ts';
import { type AlertWorld, startAlertWorld } from './world.ts';

const world: AlertWorld = await startAlertWorld(import.meta.url);
afterAll(() => world.drop());

it('issues say what alerts say after 40 runs, two at a time, with every third call to GitHub going wrong', async () => {
  const { facts, faults, runsOf } = await runAlertChaos({
    sql: world.database.sql,
    github: world.github,
    place: {
      databaseUrl: world.database.url,
      apiUrl: world.github.apiUrl,
      token: 'writer',
      workspace: brokenThingsWorkspace(),
    },
    runs: 40,
    things: 40,
    faultRate: 0.3,
    // Several passes, each of which is five minutes there.
    staleMs: 300,
    seed: 20_261_121,
    say: () => undefined,
  });
  expect(facts.filter(({ holds }) => !holds)).toEqual([]);
  expect(faults).toBeGreaterThan(10);
  expect((runsOf.checked ?? 0) + (runsOf.issues_behind ?? 0)).toBe(40);
}, 120_000);
