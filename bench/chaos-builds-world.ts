import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Sql } from 'postgres';
import type { Chaos } from '../local/github/faults.ts';
import { type GitHubStandIn, startGitHub } from '../local/github/server.ts';

/** Who presses buttons. */
export const PERSON = 'alice';
export const WORKFLOW_FILE = 'build.yml';
const OWNER = 'acme';
const REPO = 'app';

const WORKFLOW = `name: build
run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}
on:
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true }
      ops_build_attempt: { type: string, default: '1' }
      ops_commit: { type: string, default: '' }
      plan: { type: string, required: true }
permissions: {}
jobs: { build: { runs-on: ubuntu-24.04, steps: [{ run: echo built }] } }
`;

/** Name of branch number n. */
export function branchName(number: number): string {
  return number === 0 ? 'main' : `work-${number}`;
}

/** Every eighth branch builds one after the other, the others as many as there are. */
export function isOneAtATime(number: number): boolean {
  return number % 8 === 7;
}

/** A project with so many branches, whose builds are sent to GitHub. @param sql as the owner */
export async function addProject(sql: Sql, branches: number): Promise<void> {
  const rows = Array.from({ length: branches }, (_, number) => ({
    name: branchName(number),
    lane: number === 0 ? 'production' : 'development',
    one: isOneAtATime(number),
  }));
  await sql`
    with org as (
      insert into ops.orgs (name, slug) values (${OWNER}, ${OWNER}) returning id
    ), project as (
      insert into ops.projects (org_id, name, slug, repo_url, workflow, dispatch)
      select id, 'App', ${REPO}, ${`https://github.com/${OWNER}/${REPO}`}, ${WORKFLOW_FILE}, true from org
      returning id
    )
    insert into ops.branches (project_id, name, lane, one_at_a_time)
    select p.id, r.name, r.lane, r.one
    from project p
    cross join jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (name text, lane text, one boolean)`;
}

/**
 * The role of a recorder, made as docs/recording.md tells people to.
 *
 * @param sql as the owner; @param url its address, of which the role's is made
 */
export async function addRecorder(sql: Sql, url: string): Promise<string> {
  const guide = readFileSync(path.resolve(import.meta.dirname, '../docs/recording.md'), 'utf8');
  const documented = /```sql\n(create role ops_recorder[\s\S]*?)```/.exec(guide)?.[1];
  if (documented === undefined) throw new Error('docs/recording.md makes no role ops_recorder');
  await sql.unsafe(documented.replace('CHANGE-ME', 'recorder-pass'));
  const address = new URL(url);
  address.username = 'ops_recorder';
  address.password = 'recorder-pass';
  return address.href;
}

/** What may go wrong on the way to GitHub, as shares of calls. */
export interface Weather {
  readonly seed: number;
  /** Dispatches that are carried out, and whose answer is lost. */
  readonly lostAnswers: number;
  /** Dispatches that are not carried out: lost, 502, or refused by a secondary limit. */
  readonly refusedDispatches: number;
  /** Any other call. */
  readonly others: number;
  /** For so long lists lag behind. */
  readonly staleMs: number;
}

const POST = 'actions/create-workflow-dispatch';
const OTHERS: NonNullable<Chaos['operations']> = [
  'actions/list-workflow-runs',
  'actions/get-workflow-run',
  'actions/cancel-workflow-run',
  'actions/list-jobs-for-workflow-run',
  'actions/list-artifacts-for-repo',
  'actions/get-artifact',
  'actions/list-jobs-for-workflow-run-attempt',
  'actions/download-job-logs-for-workflow-run',
];

/** The stand-in with the workflow on every branch, and the token of a dispatcher. */
export async function startChaosGitHub(
  branches: number,
  runListDelayMs: number,
): Promise<{ readonly github: GitHubStandIn; readonly token: string }> {
  const github = await startGitHub({ owner: OWNER, repo: REPO });
  github.addUser({ login: PERSON, role: 'admin' });
  // The hour of a token is shorter than the patience of whoever measures; how many calls a build costs is counted.
  github.settle({ runListDelayMs, rateLimit: 10_000_000 });
  for (let number = 0; number < branches; number += 1) {
    github
      .as(PERSON)
      .push({ branch: branchName(number), files: { [`.github/workflows/${WORKFLOW_FILE}`]: WORKFLOW } });
  }
  const token = github.issueToken({
    kind: 'workflow',
    permissions: { actions: 'write', deployments: 'read' },
  });
  return { github, token };
}

/** Lets the weather begin; returns how to end it. */
export function startWeather(github: GitHubStandIn, weather: Weather): () => void {
  const { seed, staleMs } = weather;
  const stops = [
    github.failAtRandom({
      seed,
      rate: weather.lostAnswers,
      operations: [POST],
      kinds: ['lost_answer', 'bad_gateway_after_write'],
    }),
    github.failAtRandom({
      seed: seed + 1,
      rate: weather.refusedDispatches,
      operations: [POST],
      kinds: ['lost_request', 'bad_gateway', 'secondary_limit', 'too_many_requests'],
    }),
    github.failAtRandom({ seed: seed + 2, rate: weather.others, operations: OTHERS, staleMs }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Dispatches that reached GitHub, and the faults that struck them. */
export function strikesOf(github: GitHubStandIn): {
  readonly posts: number;
  readonly faults: readonly string[];
} {
  const posts = github.calls.filter(({ operation }) => operation === POST);
  return { posts: posts.length, faults: posts.flatMap(({ fault }) => fault ?? []) };
}
