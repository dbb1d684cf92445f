import path from 'node:path';
import { expect, test } from 'vitest';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { jobFields } from '../../../actions/_shared/reconcile/job-fields.ts';
import { storedFields } from '../../../actions/_shared/reconcile/stored-definition.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

test('every declared job reads the same from the database as from its file, field by field', async () => {
  const { jobs } = (await loadDeclarations({ root })).resolve('production');
  expect(jobs.length).toBeGreaterThan(5);
  for (const job of jobs) {
    const stored: unknown = JSON.parse(JSON.stringify(job.definition));
    expect(storedFields(stored), job.name).toEqual(jobFields(job.definition));
  }
});

test('a definition edited into something else is shown as its text', () => {
  expect(storedFields({ schedule: 'tomorrow' })).toEqual({ definition: '{"schedule": "tomorrow"}' });
});
