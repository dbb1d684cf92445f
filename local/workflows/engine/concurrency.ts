/** A run or a job that wants a place in a concurrency group. */
export interface Ticket {
  readonly group: string;
  readonly cancelInProgress: boolean;
  /** `single`: a newer one replaces it while it waits; `max`: it waits its turn. */
  readonly queue: 'single' | 'max';
  /** It has the place; called at once where nobody is before it. */
  readonly start: () => void;
  /** It has to go: another one replaced it, or wants its place. */
  readonly cancel: (reason: string) => void;
}

/** The groups of a repository. Names are compared without case. */
export interface Concurrency {
  readonly join: (ticket: Ticket) => void;
  /** It is over, or gave up waiting. */
  readonly leave: (ticket: Ticket) => void;
}

interface Group {
  running: Ticket | null;
  pending: Ticket[];
}

/** How many GitHub lets wait with `queue: max`. */
const LONGEST_QUEUE = 100;

/**
 * One runs, one waits, and a newer one takes the place of the one that waits.
 * https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
 */
export function createConcurrency(): Concurrency {
  const groups = new Map<string, Group>();
  const next = (key: string, group: Group): void => {
    const [first] = group.pending;
    group.running = first ?? null;
    group.pending = group.pending.slice(1);
    if (first === undefined) groups.delete(key);
    else first.start();
  };
  return {
    join: (ticket) => {
      const key = ticket.group.toLowerCase();
      const group = groups.get(key) ?? { running: null, pending: [] };
      groups.set(key, group);
      if (group.running === null) {
        group.running = ticket;
        ticket.start();
        return;
      }
      enqueue(group, ticket);
      if (ticket.cancelInProgress) group.running.cancel(reasonOf(ticket));
    },
    leave: (ticket) => {
      const key = ticket.group.toLowerCase();
      const group = groups.get(key);
      if (group === undefined) return;
      if (group.running === ticket) next(key, group);
      else group.pending = group.pending.filter((each) => each !== ticket);
    },
  };
}

function enqueue(group: Group, ticket: Ticket): void {
  if (ticket.queue === 'max') {
    if (group.pending.length >= LONGEST_QUEUE) {
      ticket.cancel(`Canceling since ${LONGEST_QUEUE} others wait for '${ticket.group}' already`);
      return;
    }
    group.pending.push(ticket);
    return;
  }
  const replaced = group.pending;
  group.pending = [ticket];
  for (const each of replaced) each.cancel(reasonOf(ticket));
}

function reasonOf({ group }: Ticket): string {
  return `Canceling since a higher priority waiting request for '${group}' exists`;
}
