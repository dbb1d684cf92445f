import { USES } from '../../contract/github/operation-table.ts';
import type { WorkflowWorld } from '../../support/workflow-world.ts';

/** Scopes by operation; for GitHub a pull request is an issue, whose comments either scope reads and writes. */
const NEEDS: ReadonlyMap<string, readonly (string | undefined)[]> = new Map(
  Object.entries(USES).map(([operation, { need, or }]) => [
    operation,
    [need?.scope, operation.startsWith('issues/') ? 'pull-requests' : or],
  ]),
);

/**
 * What was refused because a token lacks a permission: calls that take it and were answered 403; checkouts, for which git says
 * that there is no such repository; and whatever else names the permission it lacks.
 *
 * @param since how many runs and calls there had been before
 */
export function refusalsFor(
  scope: string,
  { engine, github }: WorkflowWorld,
  since: { readonly runs: number; readonly calls: number },
): string[] {
  const calls = github.calls
    .slice(since.calls)
    .filter(({ operation, status }) => status === 403 && NEEDS.get(operation)?.includes(scope) === true)
    .map(({ operation }) => operation);
  const jobs = engine.runs.slice(since.runs).flatMap((run) => run.jobs);
  const words = [`the token has no ${scope}: read`, `the permission ${scope}: write`];
  const told = jobs
    .filter((job) => words.some((each) => job.log().includes(each)))
    .map(({ name }) => `the log of ${name}`);
  return [...calls, ...told];
}
