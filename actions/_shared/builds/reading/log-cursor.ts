import type { LogEvent } from './build.ts';
import type { LogPosition } from './statements.ts';

/** How long a line may be missing before those behind it are shown all the same. */
const PATIENCE_MS = 5000;

/**
 * Where a reader is in a log. A recorder numbers its lines without gaps, so a number that is missing is a batch on its way: what
 * is behind it waits, for a while.
 */
export class LogCursor {
  #control: number;
  #attempt: number;
  #seq: number;
  #gapSince: number | undefined;

  constructor(start: LogPosition = { control: 0, attempt: 1, seq: 0 }) {
    this.#control = start.control;
    this.#attempt = start.attempt;
    this.#seq = start.seq;
  }

  get position(): LogPosition {
    return { control: this.#control, attempt: this.#attempt, seq: this.#seq };
  }

  /** True while a number is missing. */
  get hasGap(): boolean {
    return this.#gapSince !== undefined;
  }

  /**
   * What of a page may be shown now, in the order of time.
   *
   * @param events of the control room first, then of the attempts by number
   * @param now milliseconds
   */
  advance(events: readonly LogEvent[], now: number): LogEvent[] {
    const control = events.filter(({ attempt }) => attempt === 0);
    const lines: LogEvent[] = [];
    let isBroken = false;
    for (const event of events) {
      if (event.attempt === 0) continue;
      if (!this.#follows(event)) {
        isBroken = true;
        this.#gapSince ??= now;
        if (now - this.#gapSince < PATIENCE_MS) break;
      }
      this.#attempt = event.attempt;
      this.#seq = event.seq;
      lines.push(event);
    }
    if (!isBroken) this.#gapSince = undefined;
    this.#control = control.at(-1)?.seq ?? this.#control;
    return merge(control, lines);
  }

  #follows({ attempt, seq }: LogEvent): boolean {
    return attempt === this.#attempt ? seq === this.#seq + 1 : seq === 1;
  }
}

/** Both are in order already; of one moment, the control room speaks first. */
function merge(control: readonly LogEvent[], lines: readonly LogEvent[]): LogEvent[] {
  const merged: LogEvent[] = [];
  let next = 0;
  for (const line of lines) {
    for (let event = control[next]; event !== undefined && event.at <= line.at; event = control[next]) {
      merged.push(event);
      next += 1;
    }
    merged.push(line);
  }
  return [...merged, ...control.slice(next)];
}
