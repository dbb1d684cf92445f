import type { EventsConfig } from '@actions/workflow-parser/model/workflow-template';
import type { MappingToken } from '@actions/workflow-parser/templates/tokens/mapping-token';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';

/** A part of a file that is evaluated when its time comes. */
export type Part = TemplateToken | undefined;

/** What `permissions:` says; undefined where it says nothing. */
export type Permissions = 'read-all' | 'write-all' | Readonly<Record<string, string>> | undefined;

/** One step, of a job or of a composite action. */
export interface Step {
  /** Its own, or the one GitHub makes: `__run`, `__actions_checkout_2`. */
  readonly id: string;
  /** With the status function GitHub adds where there is none. */
  readonly if: string;
  readonly name: Part;
  readonly uses: string | null;
  readonly run: Part;
  readonly with: Part;
  readonly env: Part;
  readonly shell: Part;
  readonly workingDirectory: Part;
  readonly continueOnError: Part;
  readonly timeoutMinutes: Part;
}

/** One job as the file has it, before its matrix makes several of it. */
export interface Job {
  readonly id: string;
  readonly name: Part;
  readonly needs: readonly string[];
  readonly if: string;
  readonly permissions: Permissions;
  readonly environment: Part;
  readonly concurrency: Part;
  readonly strategy: Part;
  readonly outputs: Part;
  readonly env: Part;
  readonly defaults: Part;
  readonly timeoutMinutes: Part;
  readonly continueOnError: Part;
  readonly steps: readonly Step[];
  /** What it asks for that this runner does not have: it can be read, not run. */
  readonly beyondUs: string | null;
}

/** A workflow file that GitHub would accept. */
export interface Workflow {
  /** Path inside the repository. */
  readonly file: string;
  readonly name: string;
  readonly runName: Part;
  readonly events: EventsConfig;
  readonly permissions: Permissions;
  readonly concurrency: Part;
  readonly env: Part;
  readonly defaults: Part;
  readonly jobs: readonly Job[];
}

/** The value of a key, where the part is a mapping that has it. */
export function partOf(part: Part, key: string): Part {
  return isMapping(part) ? part.find(key) : undefined;
}

function isMapping(part: Part): part is MappingToken {
  return part !== undefined && 'find' in part;
}
