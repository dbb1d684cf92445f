import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  environmentUses,
  readWorkflow,
  readWorkflowFiles,
} from '../../../actions/_shared/checks/doctor/workflow-files.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

const drift = `
name: drift
on:
  schedule: [{ cron: '37 * * * *' }]
jobs:
  drift:
    environment: \${{ matrix.environment }}-plan
    env: { TOKEN: '\${{ secrets.GITHUB_TOKEN }}' }
    steps:
      - run: x
        env:
          A: \${{ secrets.OPS_STAGING_DATABASE_URL }}
          B: \${{ secrets.OPS_PRODUCTION_DATABASE_URL }}
          C: \${{ secrets.SUPABASE_ACCESS_TOKEN || '' }}
  free:
    steps: [{ run: 'echo \${{ secrets.OTHER }}' }]
`;

describe('a workflow file', () => {
  it('is read for its schedules, environments and secrets', () => {
    expect(readWorkflow('drift.yml', drift)).toEqual({
      file: 'drift.yml',
      name: 'drift',
      crons: ['37 * * * *'],
      jobs: [
        {
          id: 'drift',
          environment: '$' + '{{ matrix.environment }}-plan',
          secrets: ['OPS_PRODUCTION_DATABASE_URL', 'OPS_STAGING_DATABASE_URL', 'SUPABASE_ACCESS_TOKEN'],
        },
        { id: 'free', environment: null, secrets: ['OTHER'] },
      ],
    });
  });

  it.each(['a: [', '42', 'just text', '- list'])('%s is none', (text) => {
    expect(readWorkflow('x.yml', text)).toBeNull();
  });

  it('says which environments of GitHub need which secrets, each only its own connection', () => {
    const file = readWorkflow('drift.yml', drift);
    const uses = environmentUses(file === null ? [] : [file], [
      { name: 'staging', githubEnvironment: 'staging', connectionEnv: 'OPS_STAGING_DATABASE_URL' },
      { name: 'production', githubEnvironment: 'prod', connectionEnv: 'OPS_PRODUCTION_DATABASE_URL' },
    ]);
    expect(uses).toEqual([
      {
        name: 'prod-plan',
        target: 'production',
        suffix: '-plan',
        secrets: ['OPS_PRODUCTION_DATABASE_URL', 'SUPABASE_ACCESS_TOKEN'],
        files: ['drift.yml'],
      },
      {
        name: 'staging-plan',
        target: 'staging',
        suffix: '-plan',
        secrets: ['OPS_STAGING_DATABASE_URL', 'SUPABASE_ACCESS_TOKEN'],
        files: ['drift.yml'],
      },
    ]);
  });

  it('of this repository is understood, every one', () => {
    const { files, broken } = readWorkflowFiles(root);
    expect(broken).toEqual([]);
    expect(files.map(({ file }) => file)).toContain('.github/workflows/advisories.yml');
    const uses = environmentUses(files, [
      { name: 'production', githubEnvironment: 'production', connectionEnv: 'OPS_PRODUCTION_DATABASE_URL' },
    ]);
    expect(uses.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['production', 'production-plan', 'production-watch']),
    );
  });
});
