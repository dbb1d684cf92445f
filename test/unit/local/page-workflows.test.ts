import { afterAll, expect, it } from 'vitest';
import { startGitHub } from '../../../local/github/server.ts';
import { commitFiles } from '../../../local/github/state/commits.ts';
import { refreshWorkflows } from '../../../local/github/state/workflows.ts';
import { LOCAL_CONNECTION, workflowsOf } from '../../../local/github-page.ts';

const github = await startGitHub({ owner: 'local', repo: 'control-room' });
github.addUser({ login: 'you', role: 'admin' });
afterAll(() => github.stop());

const workflow = (on: string) =>
  `on:\n${on}jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{ run: "echo $${LOCAL_CONNECTION}" }]\n`;

it('the page says in words what starts a workflow, beside its button or instead of one', () => {
  commitFiles(github.store, {
    branch: 'main',
    login: 'you',
    files: {
      '.github/workflows/nightly.yml': workflow(
        "  schedule: [{ cron: '43 3 * * *' }]\n  workflow_dispatch:\n",
      ),
      '.github/workflows/answer.yml': workflow('  issue_comment:\n  issues:\n'),
    },
  });
  refreshWorkflows(github.store);

  expect(workflowsOf(github, 'local')).toMatchObject([
    { file: 'answer.yml', starts: ['on issue comment', 'on issues'], inputs: null },
    { file: 'nightly.yml', starts: ['At 03:43 (UTC)'], inputs: [] },
  ]);
});
