import { createEventBus } from './events/event.ts';
import { createTickets } from './jobs/tickets.ts';
import { createRunTable } from './runs/run-table.ts';
import type { Store } from './store.ts';
import { createTokens } from './tokens.ts';
import type { World } from './world.ts';

/** A world over a store, without a server: what happens in it happens, but nobody can call. */
export function createWorld(
  store: Store,
  {
    baseUrl,
    onBroken,
  }: {
    readonly baseUrl: string;
    /** Told when a listener of events threw. */
    readonly onBroken: (error: unknown) => void;
  },
): World {
  const events = createEventBus(onBroken);
  return {
    store,
    events,
    runs: createRunTable({ store, events, baseUrl }),
    tokens: createTokens(store.now),
    tickets: createTickets({ baseUrl, now: store.now }),
    baseUrl,
  };
}
