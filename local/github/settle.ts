import { ensureEnvironment } from './runs/approvals.ts';
import type { EnvironmentSettings, StoredEnvironment } from './state/environments.ts';
import type { BranchProtection, BranchRule } from './state/settings.ts';
import { findWorkflow, type StoredWorkflow } from './state/workflows.ts';
import type { Store } from './store.ts';

/** How the repository is to be set up; what is left out stays as it is. */
export interface RepositorySettings {
  readonly private?: boolean;
  readonly archived?: boolean;
  readonly environments?: Readonly<Record<string, EnvironmentSettings>>;
  /** Classic protection by branch; null takes it away. */
  readonly branchProtection?: Readonly<Record<string, BranchProtection | null>>;
  /** Rules of rulesets by branch. */
  readonly branchRules?: Readonly<Record<string, readonly BranchRule[]>>;
  /** Names only: no value ever enters the stand-in. */
  readonly secrets?: readonly string[];
  readonly organizationSecrets?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly organizationVariables?: Readonly<Record<string, string>>;
  readonly actions?: {
    readonly enabled?: boolean;
    readonly allowed?: 'all' | 'local_only' | 'selected';
    readonly shaPinningRequired?: boolean;
    readonly defaultPermissions?: 'read' | 'write';
    readonly mayApprove?: boolean;
  };
  /** States of workflows, by file name. */
  readonly workflows?: Readonly<Record<string, StoredWorkflow['state']>>;
  /** How long lists hide a new run, in milliseconds. */
  readonly runListDelayMs?: number;
  /** Calls a login has in an hour. */
  readonly rateLimit?: number;
}

/** Sets the repository up. */
export function settle(store: Store, settings: RepositorySettings): void {
  store.isPrivate = settings.private ?? store.isPrivate;
  store.archived = settings.archived ?? store.archived;
  store.runListDelayMs = settings.runListDelayMs ?? store.runListDelayMs;
  store.rateLimit = settings.rateLimit ?? store.rateLimit;
  for (const [name, of] of Object.entries(settings.environments ?? {})) settleEnvironment(store, name, of);
  for (const [branch, protection] of Object.entries(settings.branchProtection ?? {})) {
    if (protection === null) store.branchProtection.delete(branch);
    else store.branchProtection.set(branch, protection);
  }
  for (const [branch, rules] of Object.entries(settings.branchRules ?? {}))
    store.branchRules.set(branch, rules);
  name(store.secrets, settings.secrets, store.now());
  name(store.organizationSecrets, settings.organizationSecrets, store.now());
  assign(store.variables, settings.variables);
  assign(store.organizationVariables, settings.organizationVariables);
  settleActions(store, settings.actions ?? {});
  for (const [file, state] of Object.entries(settings.workflows ?? {}))
    findWorkflow(store, file).state = state;
}

function settleActions(store: Store, actions: NonNullable<RepositorySettings['actions']>): void {
  store.actionsEnabled = actions.enabled ?? store.actionsEnabled;
  store.allowedActions = actions.allowed ?? store.allowedActions;
  store.shaPinningRequired = actions.shaPinningRequired ?? store.shaPinningRequired;
  store.defaultWorkflowPermissions = actions.defaultPermissions ?? store.defaultWorkflowPermissions;
  store.workflowsMayApprove = actions.mayApprove ?? store.workflowsMayApprove;
}

function settleEnvironment(store: Store, named: string, settings: EnvironmentSettings): StoredEnvironment {
  const environment = ensureEnvironment(store, named);
  environment.reviewers = settings.reviewers ?? environment.reviewers;
  environment.preventSelfReview = settings.preventSelfReview ?? environment.preventSelfReview;
  environment.waitMinutes = settings.waitMinutes ?? environment.waitMinutes;
  environment.branches = settings.branches ?? environment.branches;
  environment.adminsMayBypass = settings.adminsMayBypass ?? environment.adminsMayBypass;
  name(environment.secrets, settings.secrets, store.now());
  assign(environment.variables, settings.variables);
  environment.updatedAt = store.now();
  return environment;
}

/** A list of names replaces the one there was; names that stay keep their date. */
function name(shelf: Map<string, Date>, names: readonly string[] | undefined, at: Date): void {
  if (names === undefined) return;
  for (const gone of [...shelf.keys()].filter((each) => !names.includes(each))) shelf.delete(gone);
  for (const each of names) shelf.set(each, shelf.get(each) ?? at);
}

function assign(shelf: Map<string, string>, values: Readonly<Record<string, string>> | undefined): void {
  if (values === undefined) return;
  shelf.clear();
  for (const [key, value] of Object.entries(values)) shelf.set(key, value);
}
