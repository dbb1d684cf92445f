import type { JsonObject } from '../json-schema.ts';

/** Classic protection of a branch, as far as anybody asks. */
export interface BranchProtection {
  readonly requiredReviews: number;
  readonly requireCodeOwners: boolean;
  readonly dismissStale: boolean;
  readonly requiredChecks: readonly string[];
  readonly strictChecks: boolean;
  readonly enforceAdmins: boolean;
  readonly allowForcePushes: boolean;
  readonly allowDeletions: boolean;
  readonly requireConversationResolution: boolean;
}

/** A rule of a ruleset that applies to a branch. */
export interface BranchRule {
  readonly type: string;
  readonly parameters?: JsonObject;
}

/** How the repository is set up: what a doctor asks after. */
export interface SettingsState {
  readonly defaultBranch: string;
  /** May strangers see it? */
  isPrivate: boolean;
  archived: boolean;
  readonly branchProtection: Map<string, BranchProtection>;
  readonly branchRules: Map<string, readonly BranchRule[]>;
  /** Names and when each was written; values never enter the stand-in. */
  readonly secrets: Map<string, Date>;
  readonly organizationSecrets: Map<string, Date>;
  readonly variables: Map<string, string>;
  readonly organizationVariables: Map<string, string>;
  actionsEnabled: boolean;
  allowedActions: 'all' | 'local_only' | 'selected';
  shaPinningRequired: boolean;
  defaultWorkflowPermissions: 'read' | 'write';
  workflowsMayApprove: boolean;
  /** Null: the repository has the default subject claim. */
  oidcSubject: readonly string[] | null;
  /** Calls an hour the token has, for the headers. */
  rateLimit: number;
}

/** Protection with everything a careful team asks for. */
export const CAREFUL_PROTECTION: BranchProtection = {
  requiredReviews: 1,
  requireCodeOwners: true,
  dismissStale: true,
  requiredChecks: ['ci'],
  strictChecks: true,
  enforceAdmins: true,
  allowForcePushes: false,
  allowDeletions: false,
  requireConversationResolution: true,
};

/** A repository as GitHub makes it: unprotected, Actions on, tokens that only read. */
export function defaultSettings(defaultBranch: string): SettingsState {
  return {
    defaultBranch,
    isPrivate: true,
    archived: false,
    branchProtection: new Map(),
    branchRules: new Map(),
    secrets: new Map(),
    organizationSecrets: new Map(),
    variables: new Map(),
    organizationVariables: new Map(),
    actionsEnabled: true,
    allowedActions: 'all',
    shaPinningRequired: false,
    defaultWorkflowPermissions: 'read',
    workflowsMayApprove: false,
    oidcSubject: null,
    rateLimit: 15_000,
  };
}
