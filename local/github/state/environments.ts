/** Who has to say yes: a person by login or a team by slug. */
export type Reviewer = { readonly user: string } | { readonly team: string };

/** Which refs may deploy: any, the protected branches, or those whose name matches a pattern (`release/*`). */
export type BranchPolicy = 'any' | 'protected' | readonly string[];

/** An environment with its protection. */
export interface StoredEnvironment {
  readonly id: number;
  readonly name: string;
  reviewers: readonly Reviewer[];
  preventSelfReview: boolean;
  waitMinutes: number;
  branches: BranchPolicy;
  adminsMayBypass: boolean;
  /** Names and when each was written; values never enter the stand-in. */
  readonly secrets: Map<string, Date>;
  readonly variables: Map<string, string>;
  readonly createdAt: Date;
  updatedAt: Date;
}

/** What an environment is made of; what is left out stays, or has no protection. */
export interface EnvironmentSettings {
  readonly reviewers?: readonly Reviewer[];
  readonly preventSelfReview?: boolean;
  readonly waitMinutes?: number;
  readonly branches?: BranchPolicy;
  readonly adminsMayBypass?: boolean;
  /** Names of secrets. */
  readonly secrets?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** Environments by lower-case name. */
export interface EnvironmentState {
  readonly environments: Map<string, StoredEnvironment>;
}

/** True when the ref may deploy to the environment. */
export function mayDeploy(
  environment: Pick<StoredEnvironment, 'branches'>,
  ref: string,
  protectedBranches: ReadonlySet<string>,
): boolean {
  const { branches } = environment;
  if (branches === 'any') return true;
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  if (branch === undefined) return false;
  if (branches === 'protected') return protectedBranches.has(branch);
  return branches.some((pattern) => matchesPattern(branch, pattern));
}

// Ruby's fnmatch with FNM_PATHNAME, as GitHub documents it: a star stays within a segment, two cross it.
function matchesPattern(branch: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\0', '.*');
  return new RegExp(`^${source}$`).test(branch);
}
