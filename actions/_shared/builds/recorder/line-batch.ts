import type { Level, SourcePosition } from './frame.ts';
import type { PreparedLines } from './prepare-lines.ts';

/** Where lines come from. */
export interface LineOrigin {
  readonly step: string | null;
  /** Word of ops.build_events.kind, `log` when left out. */
  readonly kind?: string;
  readonly level?: Level;
  /** How far the source is read once these lines are in the buffer. */
  readonly source?: SourcePosition | undefined;
}

/** Lines that go together: a frame without number and time. */
export interface BatchedLines {
  readonly text: string;
  readonly count: number;
  readonly levels: readonly Level[];
  readonly kind: string;
  readonly step: string | null;
  readonly source: SourcePosition | undefined;
}

interface Pending {
  readonly parts: string[];
  readonly levels: (readonly Level[] | number)[];
  count: number;
  readonly step: string | null;
  readonly kind: string;
  source: SourcePosition | undefined;
}

/** Lines that wait for company: of one step, one kind and one source. */
export class LineBatch {
  readonly #most: number;
  #pending: Pending | undefined;

  /** @param most lines of a batch */
  constructor(most: number) {
    this.#most = most;
  }

  /** Lines that wait. */
  get count(): number {
    return this.#pending?.count ?? 0;
  }

  get isFull(): boolean {
    return this.count >= this.#most;
  }

  /** Whether these lines may go with those that wait. */
  fits(lines: PreparedLines, origin: LineOrigin): boolean {
    const pending = this.#pending;
    return (
      pending === undefined ||
      (pending.step === origin.step &&
        pending.kind === kindOf(origin) &&
        pending.count + lines.count <= this.#most &&
        pending.source?.source === origin.source?.source)
    );
  }

  add(lines: PreparedLines, origin: LineOrigin): void {
    const { step, level, source } = origin;
    this.#pending ??= { parts: [], levels: [], count: 0, step, kind: kindOf(origin), source: undefined };
    this.#pending.parts.push(lines.text);
    this.#pending.levels.push(
      level === undefined ? (lines.levels ?? lines.count) : Array<Level>(lines.count).fill(level),
    );
    this.#pending.count += lines.count;
    this.#pending.source = source ?? this.#pending.source;
  }

  /** What waits; from then on nothing does. */
  take(): BatchedLines | undefined {
    const pending = this.#pending;
    if (pending === undefined) return undefined;
    this.#pending = undefined;
    const { parts, levels, count, kind, step, source } = pending;
    const text = parts.length === 1 ? (parts[0] ?? '') : parts.join('\n');
    return { text, count, levels: levelsOf(levels), kind, step, source };
  }
}

/** The kind of lines, as ops.build_events has it. */
export function kindOf({ kind = 'log' }: LineOrigin): string {
  return kind;
}

function levelsOf(parts: readonly (readonly Level[] | number)[]): readonly Level[] {
  if (parts.every((part) => typeof part === 'number')) return ['info'];
  const levels = parts.flatMap((part) => (typeof part === 'number' ? Array<Level>(part).fill('info') : part));
  const [first = 'info'] = levels;
  return levels.every((level) => level === first) ? [first] : levels;
}

/** Parts of at most so many lines. */
export function* slices(
  { text, levels, count }: PreparedLines,
  most: number,
): Generator<{ readonly lines: PreparedLines; readonly isLast: boolean }> {
  let start = 0;
  for (let done = 0; done < count; done += most) {
    const isLast = done + most >= count;
    let end = start - 1;
    if (isLast) end = text.length;
    else for (let line = 0; line < most; line += 1) end = text.indexOf('\n', end + 1);
    const part = levels?.slice(done, done + most);
    yield {
      lines: {
        text: text.slice(start, end),
        count: Math.min(most, count - done),
        ...(part === undefined ? {} : { levels: part }),
      },
      isLast,
    };
    start = end + 1;
  }
}
