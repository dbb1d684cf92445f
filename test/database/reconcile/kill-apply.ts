import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';

const program = fileURLToPath(new URL('apply-process.ts', import.meta.url));

/** How an apply in a process of its own ended. */
export interface Outcome {
  /** True when the process was still at work when it was killed. */
  readonly killed: boolean;
  /** From its first word to its end. */
  readonly durationMs: number;
}

/**
 * Apply in a process of its own, and kill it with SIGKILL this long after it started its work; null lets it finish.
 * @throws Error when it failed by itself
 */
export async function applyAndKill(options: {
  readonly url: string;
  readonly desired: DesiredState;
  readonly env: Record<string, string>;
  readonly killAfterMs: number | null;
}): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-kill-'));
  const file = path.join(folder, 'state.json');
  writeFileSync(file, JSON.stringify({ desired: options.desired, env: options.env }));
  const child = spawn(process.execPath, [program, options.url, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  try {
    await Promise.race([once(child.stdout, 'data'), exited]);
    const started = performance.now();
    if (options.killAfterMs !== null) {
      await Promise.race([sleep(options.killAfterMs), exited]);
      child.kill('SIGKILL');
    }
    await exited;
    if (child.signalCode === null && child.exitCode !== 0) throw new Error(`The apply failed: ${errors}`);
    return { killed: child.signalCode === 'SIGKILL', durationMs: performance.now() - started };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
