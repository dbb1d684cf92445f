import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLanguage } from '../../local/workflows/language.ts';
import { loadWorkflow } from '../../local/workflows/load-workflow.ts';
import { root } from '../contract/action-metadata.ts';
import { startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';
import { refusalsFor } from './permissions/refusals.ts';
import { SCENARIOS } from './permissions/scenarios.ts';

const folder = '.github/workflows';
/** ci.yml tests this repository on a machine of its own. */
const files = readdirSync(path.join(root, folder)).filter((file) => file !== 'ci.yml');
const language = await loadLanguage();

/** Every single permission of every job, as the files have them. */
const grants = await Promise.all(
  files.map(async (file) => {
    const text = readFileSync(path.join(root, folder, file), 'utf8');
    const { jobs } = await loadWorkflow(language, `${folder}/${file}`, text);
    const ofJobs = jobs.flatMap(({ id, permissions }) =>
      typeof permissions === 'object' ? Object.keys(permissions).map((scope) => [id, scope] as const) : [],
    );
    return { file, ofJobs };
  }),
);

describe.each(grants)('the permissions of $file', ({ file, ofJobs }) => {
  let world: WorkflowWorld;
  let dropped: readonly [job: string, scope: string] | null = null;
  const scenario = SCENARIOS[file];

  beforeAll(async () => {
    world = await startWorkflowWorld({
      ...scenario?.world,
      file: import.meta.url,
      engine: {
        permit: (granted, { file: of, job }) =>
          dropped === null || of !== `${folder}/${file}` || job !== dropped[0]
            ? granted
            : Object.fromEntries(Object.entries(granted).filter(([scope]) => scope !== dropped?.[1])),
      },
    });
    await scenario?.prepare?.(world);
  }, 120_000);

  afterAll(() => world.stop());

  it('have a scenario', () => {
    expect(scenario, `${file} needs one in permissions/scenarios.ts`).toBeDefined();
  });

  it.each(ofJobs)(
    'are needed: %s cannot do without %s',
    async (job, scope) => {
      const before = { runs: world.engine.runs.length, calls: world.github.calls.length };
      dropped = [job, scope];
      const problems = await scenario?.play(world);
      dropped = null;

      expect(problems).not.toEqual([]);
      expect(refusalsFor(scope, world, before), 'nothing was refused for lack of it').not.toEqual([]);
    },
    60_000,
  );

  // Last, so that it also tells that what failed above failed for the one permission, and not because of what came before it.
  it('are enough for what it is for', async () => {
    expect(await scenario?.play(world)).toEqual([]);
    expect(world.github.violations).toEqual([]);
  }, 60_000);
});
