import type { EventBus } from './events/event.ts';
import type { Tickets } from './jobs/tickets.ts';
import type { RunTable } from './runs/run-table.ts';
import type { Store } from './store.ts';
import { type Identity, kindOf, type TokenLedger } from './tokens.ts';

/** All the stand-in is made of; what acts and handlers work on. */
export interface World {
  readonly store: Store;
  readonly events: EventBus;
  readonly runs: RunTable;
  readonly tokens: TokenLedger;
  /** Addresses of what is downloaded beside the API. */
  readonly tickets: Tickets;
  /** Base of the API, without a slash at the end. */
  readonly baseUrl: string;
}

/** Who does something. */
export interface Actor {
  readonly login: string;
  /** True for a GITHUB_TOKEN. */
  readonly byWorkflowToken: boolean;
}

/** Who does what a token is used for. */
export function actorOf(identity: Identity): Actor {
  return { login: identity.login, byWorkflowToken: kindOf(identity) === 'workflow' };
}

/** Somebody at a keyboard. */
export function person(login: string): Actor {
  return { login, byWorkflowToken: false };
}
