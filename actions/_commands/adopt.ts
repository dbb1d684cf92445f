import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { adopt } from '../_shared/reconcile/adopt.ts';
import { type TargetOptions, withTarget } from './target.ts';

export interface AdoptOptions extends TargetOptions {
  readonly jobs: readonly string[];
  readonly write?: boolean;
  readonly format: 'terminal' | 'json';
}

/** `opsroom adopt [JOBS]`: exit 0; with `--write` 1 when a file was already there and was left alone. */
export async function adoptJobs(options: AdoptOptions): Promise<number> {
  return withTarget(options, async ({ desired, sql }) => {
    const files = await adopt({
      sql,
      desired,
      ...(options.jobs.length === 0 ? {} : { names: options.jobs }),
    });
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(files, null, 2)}\n`);
    let kept = 0;
    for (const file of files) {
      const target = path.join(options.root, file.path);
      if (options.format === 'terminal') {
        process.stdout.write(`# ${file.path}\n${file.content}\n`);
        for (const note of file.notes) process.stdout.write(`# note: ${note}\n`);
      }
      if (options.write !== true) continue;
      if (existsSync(target)) {
        process.stderr.write(`${file.path} is already there and was left alone\n`);
        kept += 1;
        continue;
      }
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, file.content);
      process.stderr.write(`wrote ${file.path}\n`);
    }
    if (files.length === 0) process.stderr.write('Every live job is declared: nothing to adopt.\n');
    return kept > 0 ? 1 : 0;
  });
}
