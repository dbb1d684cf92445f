import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunRecord } from '../../actions/_shared/io/run-record.ts';
import { readAction, root } from '../contract/action-metadata.ts';

/** A step that uses one of our actions. */
export interface BundledStep {
  readonly action: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Checked-out repository. */
  readonly workspace: string;
  readonly token: string;
  readonly apiUrl: string;
  readonly event: { readonly name: string; readonly payload: unknown };
  readonly sha?: string;
  /** What the run is for, `refs/heads/main` when left out. */
  readonly ref?: string;
}

/** What the runner sees of a step. */
export interface StepResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly record: RunRecord;
  /** Everything that is kept or shown after a run, without the mask commands, which the runner swallows. */
  readonly visible: string;
}

const node = path.join(root, 'node_modules', '.bin', 'node');

/**
 * Runs the committed bundle of an action as GitHub's runner does: Node 24, inputs as INPUT_* with the defaults of
 * action.yml, file commands, an event file, and nothing of our own environment.
 */
export async function runBundledAction(step: BundledStep): Promise<StepResult> {
  const metadata = readAction(step.action);
  const scratch = mkdtempSync(path.join(tmpdir(), 'opsroom-step-'));
  const files = Object.fromEntries(
    ['OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY'].map((name) => {
      const file = path.join(scratch, name.toLowerCase());
      writeFileSync(file, '');
      return [`GITHUB_${name}`, file];
    }),
  );
  const eventPath = path.join(scratch, 'event.json');
  writeFileSync(eventPath, JSON.stringify(step.event.payload));
  const inputs = Object.fromEntries(
    Object.entries(metadata.inputs).map(([name, { default: fallback = '' }]) => [
      `INPUT_${name.toUpperCase()}`,
      step.with?.[name] ?? (fallback === '${' + '{ github.token }}' ? step.token : fallback),
    ]),
  );
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: scratch,
    RUNNER_TEMP: scratch,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__run',
    GITHUB_ACTOR: 'alice',
    GITHUB_TRIGGERING_ACTOR: 'alice',
    GITHUB_API_URL: step.apiUrl,
    GITHUB_SERVER_URL: 'https://github.test',
    GITHUB_REPOSITORY: 'acme/ops',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SHA: step.sha ?? 'c'.repeat(40),
    GITHUB_REF: step.ref ?? 'refs/heads/main',
    GITHUB_WORKFLOW_REF: `acme/ops/.github/workflows/${step.action}.yml@refs/heads/main`,
    GITHUB_WORKSPACE: step.workspace,
    GITHUB_EVENT_NAME: step.event.name,
    GITHUB_EVENT_PATH: eventPath,
    ...files,
    ...inputs,
    ...step.env,
  };
  const main = path.join(root, 'actions', step.action, metadata.runs.main);
  const { exitCode, stdout, stderr } = await execute(main, { cwd: step.workspace, env: environment });
  const outputs = readFileCommand(files.GITHUB_OUTPUT ?? '');
  const summary = readFileSync(files.GITHUB_STEP_SUMMARY ?? '', 'utf8');
  const told = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return {
    exitCode,
    stdout,
    stderr,
    outputs,
    summary,
    record: RunRecord.parse(JSON.parse(outputs.result ?? 'null')),
    visible: [told.join('\n'), stderr, summary, JSON.stringify(outputs)].join('\n'),
  };
}

function execute(
  main: string,
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const program = existsSync(node) ? node : process.execPath;
  return new Promise((resolve) => {
    execFile(
      program,
      [main],
      { ...options, timeout: 60_000, maxBuffer: 64_000_000 },
      (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      },
    );
  });
}

/** Reads a file command: `name<<delimiter`, lines, `delimiter`. */
function readFileCommand(file: string): Record<string, string> {
  const found: Record<string, string> = {};
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(
    /^(?<name>[^=<\n]+)<<(?<delimiter>.+)\n(?<value>[\s\S]*?)\n\k<delimiter>$/gm,
  )) {
    found[match.groups?.name ?? ''] = match.groups?.value ?? '';
  }
  return found;
}

/** A folder that stands for a checkout. */
export function emptyWorkspace(): string {
  const workspace = mkdtempSync(path.join(tmpdir(), 'opsroom-workspace-'));
  mkdirSync(path.join(workspace, 'runbooks', 'cron'), { recursive: true });
  return workspace;
}
