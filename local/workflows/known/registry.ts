import type { JobOrder } from '../job/job-order.ts';
import { cache } from './cache.ts';
import { checkout } from './checkout.ts';
import { downloadArtifact } from './download-artifact.ts';
import { setupNode } from './setup-node.ts';
import { uploadArtifact } from './upload-artifact.ts';

/** A use of one of GitHub's own actions. */
export interface KnownCall {
  readonly order: JobOrder;
  /** With defaults; every input the action knows is there. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Put before PATH for later steps. */
  readonly addPath: (folder: string) => void;
}

/** What it leaves, and what has to be done when the job is over. */
export interface KnownResult {
  readonly outputs?: Readonly<Record<string, string>>;
  /** Runs after the last step, also of a job that failed. */
  readonly post?: () => Promise<void>;
  /** Runs only when the job succeeded. */
  readonly postIf?: string;
}

/** A small stand-in for an action of GitHub's, as far as our workflows use it. Throws WorkflowError where it fails. */
export interface KnownAction {
  /** Its inputs with their defaults; others are warned about, as GitHub does. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly run: (call: KnownCall) => Promise<KnownResult>;
}

const KNOWN: Readonly<Record<string, KnownAction>> = {
  'actions/cache': cache,
  'actions/checkout': checkout,
  'actions/download-artifact': downloadArtifact,
  'actions/setup-node': setupNode,
  'actions/upload-artifact': uploadArtifact,
};

/** The stand-in of an action; null when there is none. */
export function knownAction(name: string): KnownAction | null {
  return KNOWN[name.toLowerCase()] ?? null;
}
