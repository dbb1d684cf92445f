import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  jobOf,
  logOf,
  startWorkflowWorld,
  visibleOf,
  type WorkflowWorld,
} from '../../support/workflow-world.ts';
import { CANARIES } from '../control-repository.ts';

let world: WorkflowWorld;

beforeAll(async () => {
  world = await startWorkflowWorld({ file: import.meta.url, database: 'bare', secrets: CANARIES });
});

afterAll(() => world.stop());

describe('a world', () => {
  it('runs the real files: a merge is reconciled to staging and production, and then there is no drift', async () => {
    const [reconcile] = await world.merge({ 'runbooks/README.md': 'changed\n' });
    expect(reconcile?.conclusion, logOf(reconcile)).toBe('success');
    expect(reconcile?.jobs.map(({ name }) => name)).toEqual(['staging', 'production']);

    const [drift] = await world.tick('drift.yml');
    expect(drift?.conclusion, logOf(drift)).toBe('success');
    expect(jobOf(drift, 'drift (production)').permissions).toEqual({
      contents: 'read',
      issues: 'write',
      metadata: 'read',
    });
    expect(world.github.violations).toEqual([]);
    for (const canary of Object.values(CANARIES)) expect(visibleOf(world.engine.runs)).not.toContain(canary);
  });
});
