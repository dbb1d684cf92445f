import type { Sql } from 'postgres';
import * as z from 'zod';
import { textArray } from '../../database/text-array.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { prepareLines } from './prepare-lines.ts';
import { createLineRedaction } from './redact-lines.ts';
import { readOutcome } from './statements.ts';

/** What became of a log. `has_log`: the run had recorded lines itself; nothing was added. */
export interface ImportedLog {
  readonly outcome: 'stored' | 'stale' | 'has_log';
  readonly lines: number;
}

const Lines = z.object({ last: z.number(), logged: z.boolean() });
const STAMP = /^\uFEFF?(?<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) ?/;

/**
 * Store the log GitHub has of a job (`GET /actions/jobs/{id}/logs`), when the run recorded none of its lines: it asked for a
 * status and no log, or its recorder could not start. Lines keep their times.
 *
 * @param sql as service_role or the owner
 */
export async function importJobLog(
  sql: Sql,
  job: { readonly buildId: string; readonly attempt: number; readonly log: string; readonly step?: string },
): Promise<ImportedLog> {
  const { buildId, attempt } = job;
  const [row] = await sql`
    select coalesce(max(e.seq), 0) as last, coalesce(bool_or(e.kind = 'log'), false) as logged
    from ops.build_events e
    where e.build_id = ${buildId} and e.attempt = ${attempt}`;
  const { last, logged } = Lines.parse(row);
  if (logged) return { outcome: 'has_log', lines: 0 };
  const redaction = createLineRedaction();
  const all = redaction.redact(job.log).split('\n');
  const kept = all.slice(0, DEFAULT_LIMITS.lines);
  let seq = last + 1;
  let at: string | null = null;
  for (let first = 0; first < kept.length; first += DEFAULT_LIMITS.batchLines) {
    const times: string[] = [];
    const lines: string[] = [];
    const levels: string[] = [];
    for (const raw of kept.slice(first, first + DEFAULT_LIMITS.batchLines)) {
      at = STAMP.exec(raw)?.groups?.at ?? at;
      const prepared = prepareLines(raw.replace(STAMP, ''), DEFAULT_LIMITS.lineLength);
      if (prepared === undefined || (raw === '' && first + DEFAULT_LIMITS.batchLines >= kept.length))
        continue;
      lines.push(prepared.text);
      levels.push(prepared.levels?.[0] ?? 'info');
      times.push(at ?? new Date().toISOString());
    }
    if (lines.length === 0) continue;
    const rows = await sql`
      select outcome from ops.append_build_events(
        ${buildId}, ${attempt}, ${seq}, ${lines.join('\n')}, null, ${textArray(times)}::timestamptz[],
        ${textArray(levels)}::text[], ${textArray([job.step ?? null])}::text[])`;
    if (readOutcome(rows[0]) === 'stale') return { outcome: 'stale', lines: seq - 1 - last };
    seq += lines.length;
  }
  if (all.length > kept.length) {
    const words = `${all.length - kept.length} lines were left out: more than a log keeps`;
    await sql`
      select outcome from ops.append_build_events(
        ${buildId}, ${attempt}, ${seq}, ${words}, null, null, '{warning}', null, 'gap')`;
  }
  return { outcome: 'stored', lines: seq - 1 - last };
}
