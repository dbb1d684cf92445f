/** What the commands of `opsroom` share: their usual options, and how they are added to the program. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Runs a command and keeps its exit code. */
export type Does = (work: () => Promise<number>) => Promise<void>;

export interface CommonOptions {
  readonly root: () => Option;
  readonly environment: () => Option;
}

/** Adds one command or a few to the program. */
export type AddCommands = (program: Command, common: CommonOptions, does: Does) => void;

export const commonOptions: CommonOptions = {
  root: () =>
    new Option('--root <folder>', 'the repository that holds runbooks/ and migrations/').default(
      process.cwd(),
      'this folder',
    ),
  environment: () =>
    new Option('-e, --env <name>', 'the environment of runbooks/environments.yaml').default('local'),
};

/** For a person or for a program. */
export const formatOption = (): Option =>
  new Option('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal');

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number of 1 or more.');
  return value;
}
