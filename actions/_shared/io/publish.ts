import path from 'node:path';
import { inBytes, SUMMARY_LIMIT } from '../report/bounded-markdown.ts';
import type { Outcome } from './outcome.ts';
import type { Redaction } from './redaction.ts';
import { isGood, type RunRecord } from './run-record.ts';

type Toolkit = typeof import('@actions/core');

// The runner keeps ten annotations of each severity a step; the rest would be dropped in silence.
const ANNOTATIONS = 10;

/**
 * Tells the runner everything about an ended run: masks, annotations, log, summary, outputs, success or failure.
 * The only place that touches @actions/core, which is loaded here because it costs more than deciding did.
 */
export async function publish(run: {
  readonly outcome: Outcome;
  readonly record: RunRecord;
  readonly redaction: Redaction;
  readonly fault?: unknown;
}): Promise<void> {
  const core = await import('@actions/core');
  const { outcome, record, redaction } = run;
  for (const value of redaction.values()) core.setSecret(value);
  annotate(core, outcome, redaction);
  for (const warning of outcome.warnings ?? []) core.warning(redaction.redact(warning));
  for (const notice of outcome.notices ?? []) core.notice(redaction.redact(notice));
  if (outcome.log !== undefined && outcome.log !== '') core.info(redaction.redact(outcome.log));
  if (run.fault !== undefined) describeFault(core, run.fault, redaction);
  await writeSummary(core, summaryOf(outcome, record), redaction);
  const outputs = { ...outcome.outputs, reason: record.reason, result: JSON.stringify(record) };
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, redaction.redact(value));
  const message = redaction.redact(outcome.message);
  if (isGood(record.reason)) core.info(message);
  else core.setFailed(message);
}

function annotate(core: Toolkit, { diagnostics = [], root = '.' }: Outcome, redaction: Redaction): void {
  const left = { error: ANNOTATIONS, warning: ANNOTATIONS, notice: ANNOTATIONS };
  for (const item of diagnostics) {
    const { location, severity } = item;
    const text = redaction.redact([item.message, ...(item.hint === undefined ? [] : [item.hint])].join('\n'));
    left[severity] -= 1;
    if (left[severity] < 0) {
      core.info(`${severity} ${location.file}:${location.line}:${location.column} ${text}`);
      continue;
    }
    core[severity](text, {
      title: item.code,
      file: path.posix.join(root, location.file),
      startLine: location.line,
      startColumn: location.column,
      ...(location.endColumn === undefined ? {} : { endLine: location.line, endColumn: location.endColumn }),
    });
  }
}

function describeFault(core: Toolkit, fault: unknown, redaction: Redaction): void {
  core.startGroup('Details of the fault');
  let current = fault;
  while (current !== undefined) {
    core.info(
      redaction.redact(current instanceof Error ? (current.stack ?? current.message) : String(current)),
    );
    current = current instanceof Error ? current.cause : undefined;
    if (current !== undefined) core.info('caused by');
  }
  core.endGroup();
}

/** The summary ends in the record, so that a reader and a machine are told the same. */
function summaryOf({ summary = '' }: Outcome, record: RunRecord): string {
  const tail = `\n<details><summary>Result: ${record.reason}</summary>\n\n~~~json\n${JSON.stringify(record, null, 2)}\n~~~\n\n</details>\n`;
  return inBytes(summary + tail) < SUMMARY_LIMIT ? summary + tail : summary;
}

async function writeSummary(core: Toolkit, summary: string, redaction: Redaction): Promise<void> {
  // Outside GitHub Actions (and in old runners) there is no summary file; that must not fail the run.
  if (process.env.GITHUB_STEP_SUMMARY === undefined) return;
  const text = redaction.redact(summary);
  if (inBytes(text) >= SUMMARY_LIMIT)
    throw new Error('the summary is over 1 MiB; its renderer must bound it');
  await core.summary.addRaw(text, true).write();
}
