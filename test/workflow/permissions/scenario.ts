import type { RunView } from '../../../local/workflows/engine/session.ts';
import { repositoryFiles } from '../../../local/workflows/repository-files.ts';
import { root } from '../../contract/action-metadata.ts';
import type { WorkflowWorld, WorldOptions } from '../../support/workflow-world.ts';

/** What a workflow is for, played through; it must use every permission the file asks for. */
export interface Scenario {
  readonly world?: Omit<WorldOptions, 'file' | 'engine'>;
  /** Sets the stage, once, with every permission in place. */
  readonly prepare?: (world: WorkflowWorld) => Promise<unknown>;
  /**
   * Plays it: may be called any number of times.
   *
   * @returns what did not come about; nothing when all is well
   */
  readonly play: (world: WorkflowWorld) => Promise<string[]>;
}

let count = 0;

/** A number nobody had before. */
export function newNumber(): number {
  count += 1;
  return count;
}

/** Every run must be green, and there must be one. */
export function notGreen(runs: readonly RunView[]): string[] {
  if (runs.length === 0) return ['nothing ran'];
  const red = runs.filter(({ conclusion }) => conclusion !== 'success');
  return red.map(({ name, conclusion, jobs }) => {
    const failed = jobs
      .filter((job) => job.conclusion !== 'success')
      .map((job) => `${job.name} ${job.conclusion}`);
    return `${name} is ${conclusion}: ${failed.join(', ')}`;
  });
}

/** What this repository declares taken away, so that nothing but the scenario's own is wrong. */
export function withoutDeclarations(): Record<string, null> {
  const gone = /^runbooks\/(?:cron|functions|checks|advisories)\//;
  return Object.fromEntries(
    Object.keys(repositoryFiles(root, (file) => gone.test(file))).map((file) => [file, null]),
  );
}
