import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../../actions/_shared/io/errors.ts';
import type { Outcome } from '../../../actions/_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../../../actions/_shared/io/run-action.ts';

// One folder for all tests: the toolkit looks for its summary file once.
const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-io-'));
let printed: string;

beforeEach(() => {
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY']) {
    writeFileSync(path.join(folder, name), '');
    vi.stubEnv(name, path.join(folder, name));
  }
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an action and gives back the exit code it asked for, without letting the test run end with it. */
async function exitCodeOf(work: (run: ActionRun) => Promise<Outcome>): Promise<number> {
  const before = process.exitCode;
  try {
    await runAction('probe', work);
    return Number(process.exitCode ?? 0);
  } finally {
    process.exitCode = before;
  }
}

function written(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

const location = { file: 'runbooks/cron/a.yaml', line: 3, column: 5, endColumn: 9 };

describe('a run of an action', () => {
  it('masks first, then tells everything', async () => {
    const code = await exitCodeOf(async ({ redaction }) => {
      redaction.add('canary-secret');
      return {
        reason: 'plan_changes',
        message: 'done with canary-secret',
        log: 'log canary-secret',
        summary: '# canary-secret',
        notices: ['notice canary-secret'],
        outputs: { digest: 'canary-secret' },
      };
    });

    expect(code).toBe(0);
    const [first, ...rest] = printed.split('\n');
    expect(first).toBe('::add-mask::canary-secret');
    expect(rest.join('\n') + written('GITHUB_OUTPUT') + written('GITHUB_STEP_SUMMARY')).not.toContain(
      'canary-secret',
    );
    expect(rest.join('\n')).toContain('log ***');
  });

  it('puts the same record into output and summary', async () => {
    await exitCodeOf(async () => ({ reason: 'plan_empty', message: 'nothing', environment: 'staging' }));

    const record = /result<<(\S+)\n(.*)\n\1/.exec(written('GITHUB_OUTPUT'))?.[2] ?? '';
    expect(JSON.parse(record)).toMatchObject({
      schema_version: 1,
      action: 'probe',
      reason: 'plan_empty',
      ok: true,
      environment: 'staging',
    });
    expect(JSON.parse(/~~~json\n([\s\S]*?)\n~~~/.exec(written('GITHUB_STEP_SUMMARY'))?.[1] ?? '')).toEqual(
      JSON.parse(record),
    );
  });

  it('turns a configuration error into annotations and a failure without a stack', async () => {
    const code = await exitCodeOf(async () => {
      throw new ConfigurationError('1 error in the files', {
        hint: 'Mend it.',
        diagnostics: [
          { severity: 'error', code: 'schedule-fields', message: 'too short', hint: 'write five', location },
        ],
      });
    });

    expect(code).toBe(1);
    expect(printed).toContain(
      '::error title=schedule-fields,file=runbooks/cron/a.yaml,line=3,endLine=3,col=5,endColumn=9::too short%0Awrite five',
    );
    expect(printed).toContain('::error::1 error in the files%0AMend it.');
    expect(printed).not.toMatch(/^ +at /m);
    expect(written('GITHUB_OUTPUT')).toContain('"reason":"configuration_error"');
  });

  it('turns anything else into a fault with stack and causes in a folded group', async () => {
    const code = await exitCodeOf(async ({ redaction }) => {
      redaction.add('canary-secret');
      throw new Error('broke with canary-secret', { cause: new Error('the disk is full') });
    });

    expect(code).toBe(1);
    expect(printed).toMatch(
      /::group::Details of the fault\nError: broke with \*\*\*\n +at [\s\S]*the disk is full[\s\S]*::endgroup::/,
    );
    expect(written('GITHUB_OUTPUT')).toContain('"reason":"fault"');
  });

  it('keeps annotations within what the runner keeps and tells the rest in the log', async () => {
    const diagnostics = Array.from({ length: 25 }, (_, index) => ({
      severity: 'warning' as const,
      code: 'x',
      message: `finding ${index}`,
      location,
    }));

    await exitCodeOf(async () => ({ reason: 'lint_passed', message: 'ok', root: 'ops', diagnostics }));

    expect(printed.match(/^::warning title=x,file=ops\/runbooks\/cron\/a\.yaml/gm)).toHaveLength(10);
    expect(printed).toContain('warning runbooks/cron/a.yaml:3:5 finding 24');
  });
});
