/** The shape of a file in `runbooks/projects/`: what is accepted and what editors are told. */
import * as z from '../shape.ts';
import { Description, described, durationBetween, ObjectName, Owner } from './vocabulary.ts';

const Flag = z.boolean('must be true or false');

/** What `ops.orgs` and `ops.projects` accept as a slug. */
export const SLUG = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const Organisation = z
  .string()
  .check(z.regex(SLUG, 'must be the slug of an organisation: lower-case letters, digits and `-` inside'));

const repositoryWords = 'must be `owner/name`, or the address of a repository without anything secret in it';
const Repository = z
  .string(repositoryWords)
  .check(
    z.regex(
      /^(?:[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+|https:\/\/[^\s/@?#]+(?:\/[^\s/@?#]+){2,}|git@[^\s/@:?#]+:[^\s/@?#]+\/[^\s/@?#]+)$/,
      repositoryWords,
    ),
    z.maxLength(500),
  );

const workflowWords = 'must be the name of a file of .github/workflows, such as `build.yml`';
const Workflow = z
  .string(workflowWords)
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml$/, workflowWords), z.maxLength(100));

const Dispatch = z.enum(['github', 'runners']);
const Keep = durationBetween('1d', '3650d');

const BranchName = z
  .string()
  .check(
    z.regex(
      /^(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock$|[/.]$))[^\s~^:?*[\\\p{Cc}/.-][^\s~^:?*[\\\p{Cc}]*$/u,
      'is no name git takes for a branch',
    ),
    z.maxLength(250),
  );
const InputName = z
  .string()
  .check(z.regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'is no name GitHub takes for an input'), z.maxLength(100));
const InputValue = z.union(
  [z.string().check(z.maxLength(10_000)), z.number(), z.boolean()],
  'must be text, a number, true or false',
);

const branchSettings = {
  workflow: described(
    z.exactOptional(Workflow),
    'Builds this branch instead of the workflow of the project.',
  ),
  environment: described(
    z.exactOptional(z.string().check(z.minLength(1), z.maxLength(255))),
    'GitHub environment its builds deploy to, whose approval they wait for.',
  ),
  inputs: described(
    z.exactOptional(z.record(InputName, InputValue, 'must lead from inputs of the workflow to values')),
    'Inputs of the workflow that every build of this branch starts with.',
  ),
  manual: described(
    z.exactOptional(Flag),
    'Builds begin when somebody asks: pushes and schedules trigger none. Default true in lane production, else false.',
  ),
  one_at_a_time: described(
    z.exactOptional(Flag),
    'A build waits until the one before it has ended. Default true.',
  ),
  cancel_superseded: described(
    z.exactOptional(Flag),
    'A new build cancels those that still wait. Default false.',
  ),
  stop_superseded: described(
    z.exactOptional(Flag),
    'A new build also stops the one that runs. Default false.',
  ),
  waiting_limit: described(
    z.exactOptional(z.int().check(z.gte(1), z.lte(10_000))),
    'Builds that may wait; one more is refused. Default: any number.',
  ),
};

const Branch = z.strictObject({
  lane: described(
    z.enum(['production', 'staging', 'development']),
    'Where it is shown and how urgent its builds are. One branch of a project may be production.',
  ),
  ...branchSettings,
});
const BranchOverride = z.strictObject(branchSettings);

const Override = z.strictObject({
  enabled: described(z.exactOptional(Flag), 'False leaves the project out of this environment.'),
  repository: z.exactOptional(Repository),
  workflow: z.exactOptional(Workflow),
  dispatch: z.exactOptional(Dispatch),
  keep: z.exactOptional(Keep),
  branches: described(
    z.exactOptional(z.record(BranchName, BranchOverride)),
    'What differs in branches of the project.',
  ),
});

/** The whole file. */
export const ProjectFile = z.strictObject({
  title: described(
    z.exactOptional(z.string().check(z.regex(/\S/, 'must say something'), z.maxLength(200))),
    'Its name for people. Default the name of the file.',
  ),
  description: described(z.exactOptional(Description), 'What it is.'),
  owner: described(z.exactOptional(Owner), 'Who is asked about it.'),
  organisation: described(
    Organisation,
    'Whose it is: the slug of an organisation, which is made when there is none.',
  ),
  repository: described(Repository, 'Where it lies: `owner/name` on GitHub, or an address.'),
  workflow: described(
    z.exactOptional(Workflow),
    'File of .github/workflows of that repository that builds it; a branch may name its own.',
  ),
  dispatch: described(
    z.exactOptional(Dispatch),
    'Who builds it: `github` (default), as runs of its workflow, or `runners` of your own, which take builds from the queue.',
  ),
  runtime_version: described(
    z.exactOptional(z.string('must be text: put it in quotes').check(z.minLength(1), z.maxLength(100))),
    'What it runs on, as upgrades are measured against it.',
  ),
  keep: described(
    z.exactOptional(Keep),
    'How long ended builds are kept; the last twenty of a branch and its last good one stay. Default: for ever.',
  ),
  branches: described(z.record(BranchName, Branch), 'Its branches, by the name git knows them by.'),
  environments: described(
    z.exactOptional(z.record(ObjectName, Override)),
    'What differs in one environment.',
  ),
});

export type ProjectFileValue = z.output<typeof ProjectFile>;
export type ProjectOverrideValue = z.output<typeof Override>;
export type BranchValue = z.output<typeof Branch>;
export type BranchSettingsValue = z.output<typeof BranchOverride>;
