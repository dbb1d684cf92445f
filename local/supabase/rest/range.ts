import { type Range, unsatisfiable } from './parse/query.ts';

/** The range of a Range header, `0-9` or `10-`; null without one. @throws RestError PGRST103 */
export function readRangeHeader(header: string | undefined): Range | null {
  const [, from, to] = /^(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined) return null;
  const offset = Number(from);
  if (to === '') return { offset, limit: null };
  const limit = Number(to) - offset + 1;
  if (limit < 1) {
    throw unsatisfiable(
      'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    );
  }
  return { offset, limit };
}

/** Rows both ranges hold. */
export function intersect(left: Range, right: Range | null): Range {
  if (right === null) return left;
  const end = Math.min(endOf(left), endOf(right));
  const offset = Math.max(left.offset, right.offset);
  return { offset, limit: end === Number.POSITIVE_INFINITY ? null : Math.max(0, end - offset) };
}

function endOf({ offset, limit }: Range): number {
  return limit === null ? Number.POSITIVE_INFINITY : offset + limit;
}

/** `0-9/100`, with `*` for what is empty or unknown. */
export function contentRange(from: number, to: number, total: number | null): string {
  const rows = total !== 0 && from <= to ? `${from}-${to}` : '*';
  return `${rows}/${total ?? '*'}`;
}

/** 200, 206 for a part, 416 beyond the end. */
export function rangeStatus(from: number, rows: number, total: number | null): 200 | 206 | 416 {
  if (total === null) return 200;
  if (from > total) return 416;
  return rows < total ? 206 : 200;
}
