import type { Json } from '../github/json-schema.ts';
import { asObject, asText } from './expressions.ts';
import { letsIn } from './filter-pattern.ts';
import type { Workflow } from './model.ts';

/** Something that happened in the repository. */
export interface HappenedEvent {
  readonly name: string;
  readonly payload: Json;
  /** `refs/heads/main`: what it happened on; for issues and schedules the default branch. */
  readonly ref: string;
  /** Paths that a push or a pull request changes. */
  readonly changedFiles?: readonly string[];
  /** Made with the token of a job. */
  readonly byWorkflowToken?: boolean;
}

// What these events mean where a workflow names no types; all others mean every type.
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

// Everything else that a job's token does starts nothing, so that workflows cannot chase each other.
const EVEN_BY_WORKFLOWS = new Set(['workflow_dispatch', 'repository_dispatch']);

/** Why an event does not start a workflow; null when it does. */
export function objectionTo(workflow: Workflow, event: HappenedEvent): string | null {
  if (event.byWorkflowToken === true && !EVEN_BY_WORKFLOWS.has(event.name)) {
    return 'events made with the token of a workflow start nothing';
  }
  if (workflow.events[event.name] === undefined) return `it has no trigger ${event.name}`;
  if (event.name === 'schedule') return scheduleObjection(workflow, event);
  if (event.name === 'workflow_dispatch') return null;
  const filters = readFilters(workflow.events[event.name]);
  return typeObjection(filters, event) ?? refObjection(filters, event) ?? pathObjection(filters, event);
}

type Filters = Readonly<Partial<Record<string, readonly string[]>>>;

function readFilters(config: unknown): Filters {
  return Object.fromEntries(
    Object.entries(typeof config === 'object' && config !== null ? config : {}).map(([name, values]) => [
      name,
      Array.isArray(values) ? values.map(String) : [],
    ]),
  );
}

function scheduleObjection({ events }: Workflow, { payload }: HappenedEvent): string | null {
  const cron = asObject(payload).schedule;
  return (events.schedule ?? []).some((entry) => entry.cron === cron)
    ? null
    : `it has no schedule ${asText(cron)}`;
}

function typeObjection(filters: Filters, { name, payload }: HappenedEvent): string | null {
  const types = filters.types ?? DEFAULT_TYPES[name];
  const action = asText(asObject(payload).action);
  return types === undefined || types.includes(action) ? null : `it does not ask for ${name}: ${action}`;
}

function refObjection(filters: Filters, { name, payload, ref }: HappenedEvent): string | null {
  if (name.startsWith('pull_request')) {
    const base = asText(asObject(asObject(asObject(payload).pull_request).base).ref);
    return passes(filters, 'branches', base) ? null : `its branches leave out ${base}`;
  }
  if (name !== 'push') return null;
  const [mine, other] = ref.startsWith('refs/tags/')
    ? (['tags', 'branches'] as const)
    : (['branches', 'tags'] as const);
  const named = (kind: string): boolean =>
    filters[kind] !== undefined || filters[`${kind}-ignore`] !== undefined;
  if (!named(mine) && named(other)) return `it asks for ${other} only`;
  const short = ref.replace(/^refs\/(heads|tags)\//, '');
  return passes(filters, mine, short) ? null : `its ${mine} leave out ${short}`;
}

function pathObjection(filters: Filters, { name, ref, changedFiles = [] }: HappenedEvent): string | null {
  if (name !== 'push' && !name.startsWith('pull_request')) return null;
  if (ref.startsWith('refs/tags/')) return null;
  const { paths, 'paths-ignore': ignored } = filters;
  if (paths !== undefined && !changedFiles.some((file) => letsIn(paths, file)))
    return 'no changed file is in its paths';
  if (
    ignored !== undefined &&
    changedFiles.length > 0 &&
    changedFiles.every((file) => letsIn(ignored, file))
  ) {
    return 'every changed file is in its paths-ignore';
  }
  return null;
}

function passes(filters: Filters, kind: 'branches' | 'tags', name: string): boolean {
  const { [kind]: wanted, [`${kind}-ignore`]: ignored } = filters;
  return (wanted === undefined || letsIn(wanted, name)) && (ignored === undefined || !letsIn(ignored, name));
}
