import type { JsonObject } from '../json-schema.ts';

/** Events the stand-in tells. */
export type EventName =
  | 'issue_comment'
  | 'issues'
  | 'pull_request'
  | 'push'
  | 'repository_dispatch'
  | 'workflow_dispatch'
  | 'workflow_job'
  | 'workflow_run';

/** The run a `workflow_dispatch` already has when the event is told: the API answers with its id. */
export interface DispatchedRun {
  readonly runId: number;
  readonly path: string;
  /** What was given plus declared defaults, as texts. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Something that happened in the repository. */
export interface GitHubEvent {
  readonly id: number;
  readonly name: EventName;
  /** `opened`, `created`, ...; null where GitHub has none. */
  readonly action: string | null;
  /** As GitHub's webhook description says; what a runner writes to GITHUB_EVENT_PATH. */
  readonly payload: JsonObject;
  /** Login of who did it. */
  readonly actor: string;
  /** Done with a GITHUB_TOKEN. */
  readonly byWorkflowToken: boolean;
  /** False for what a GITHUB_TOKEN did, except the two dispatches. */
  readonly startsWorkflows: boolean;
  /** A pull request of a fork: its workflows get a token that only reads, and no secrets. */
  readonly fromFork: boolean;
  /** What a workflow started by this works on: `refs/heads/main`, `refs/pull/7/merge`. */
  readonly ref: string;
  readonly sha: string;
  /** Only of `workflow_dispatch`. */
  readonly dispatched: DispatchedRun | null;
}

/** An event before it is told. */
export type NewEvent = Omit<GitHubEvent, 'id' | 'startsWorkflows' | 'fromFork' | 'dispatched'> &
  Partial<Pick<GitHubEvent, 'fromFork' | 'dispatched'>>;

/** Hears events. */
export type EventListener = (event: GitHubEvent) => void;

/** Events made with a GITHUB_TOKEN start nothing, except these. */
const ALWAYS_START: ReadonlySet<EventName> = new Set(['workflow_dispatch', 'repository_dispatch']);

/** How many events are remembered. */
const LONGEST_HISTORY = 10_000;

/** Tells events, in the order they happened and after what caused them is done. */
export interface EventBus {
  /** The last ones, oldest first. */
  readonly history: readonly GitHubEvent[];
  readonly tell: (event: NewEvent) => void;
  /** Returns how to stop listening. */
  readonly listen: (listener: EventListener) => () => void;
}

/** A bus nobody listens to yet. */
export function createEventBus(onBroken: (error: unknown) => void): EventBus {
  const listeners = new Set<EventListener>();
  const history: GitHubEvent[] = [];
  let count = 0;
  return {
    history,
    tell: (fresh) => {
      count += 1;
      const event: GitHubEvent = {
        fromFork: false,
        dispatched: null,
        ...fresh,
        // Payloads are rendered from state that goes on changing.
        payload: structuredClone(fresh.payload),
        id: count,
        startsWorkflows: !fresh.byWorkflowToken || ALWAYS_START.has(fresh.name),
      };
      history.push(event);
      if (history.length > LONGEST_HISTORY) history.shift();
      setImmediate(() => {
        for (const listener of listeners) notify(listener, event, onBroken);
      });
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function notify(listener: EventListener, event: GitHubEvent, onBroken: (error: unknown) => void): void {
  try {
    listener(event);
  } catch (error) {
    onBroken(error);
  }
}
