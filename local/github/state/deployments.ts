import type { Json } from '../json-schema.ts';

/** States of a deployment; `inactive` is what a newer success makes of an older one. */
export const DEPLOYMENT_STATES = [
  'error',
  'failure',
  'inactive',
  'in_progress',
  'queued',
  'pending',
  'success',
] as const;
/** One of {@link DEPLOYMENT_STATES}, or `waiting`, which only GitHub itself sets. */
export type DeploymentStatusState = (typeof DEPLOYMENT_STATES)[number] | 'waiting';

/** What became of a deployment. */
export interface StoredDeploymentStatus {
  readonly id: number;
  readonly state: DeploymentStatusState;
  readonly creator: string;
  readonly description: string;
  readonly environment: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly createdAt: Date;
}

/** A deployment. */
export interface StoredDeployment {
  readonly id: number;
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly environment: string;
  readonly payload: Json;
  readonly description: string | null;
  readonly creator: string;
  readonly transient: boolean;
  readonly production: boolean;
  readonly createdAt: Date;
  updatedAt: Date;
  /** Oldest first. */
  readonly statuses: StoredDeploymentStatus[];
}

/** Deployments by id. */
export interface DeploymentState {
  readonly deployments: Map<number, StoredDeployment>;
}
