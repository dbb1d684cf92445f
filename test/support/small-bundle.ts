/** A repository whose bundle is built in no time, for tests of the real build.yml. */
import type { WorkflowWorld } from './workflow-world.ts';

/** The command `npm run build` of this repository, in small: says what it does, and makes a file of the bundle from its source. */
const BUILD = `
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const pause = existsSync('slow.txt') ? 1000 : 20;
for (const step of ['install', 'types', 'compile', 'bundle', 'licenses']) {
  console.log('build: ' + step);
  await sleep(pause);
}
if (existsSync('slow.txt')) await sleep(60_000);
copyFileSync('stamp.txt', 'actions/dist/stamp.txt');
console.log('build: done, ' + readFileSync('stamp.txt', 'utf8').length + ' characters');
`;

/** Files of such a repository: what it is built from, and what came of it. */
export function smallBundle(
  stamp: string,
  change: { readonly committed?: string; readonly isSlow?: boolean } = {},
): Record<string, string | null> {
  return {
    'package.json': '{ "private": true, "type": "module", "scripts": { "build": "node build.mjs" } }\n',
    'build.mjs': BUILD,
    'stamp.txt': stamp,
    'actions/dist/stamp.txt': change.committed ?? stamp,
    'slow.txt': change.isSlow === true ? 'yes\n' : null,
  };
}

/** How far builds of a branch go, and in which lane. */
export interface DeclaredBranch {
  readonly lane: 'production' | 'staging' | 'development';
  readonly deployTo: 'nothing' | 'staging' | 'production';
}

/** Declares a project of the world's repository, as a file of runbooks/projects/ does. @returns its id */
export async function declareProject(
  { database, github }: WorkflowWorld,
  name: string,
  branches: Readonly<Record<string, DeclaredBranch>>,
): Promise<string> {
  const spec = {
    title: name,
    repository: `https://github.com/${github.store.owner}/${github.store.repo}`,
    workflow: 'build.yml',
    dispatch: true,
    branches: Object.fromEntries(
      Object.entries(branches).map(([branch, { lane, deployTo }]) => [
        branch,
        {
          lane,
          inputs: { deploy_to: deployTo },
          manual: false,
          one_at_a_time: true,
          cancel_superseded: false,
          stop_superseded: false,
        },
      ]),
    ),
  };
  const [row] = await database.sql<{ id: string }[]>`
    select ops.declare_project(${name}, ${JSON.stringify(spec)}::text::jsonb) as id`;
  return row?.id ?? '';
}
