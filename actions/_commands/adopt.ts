import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { storeFoundSecrets } from '../_shared/reconcile/adopt/store-secrets.ts';
import { type AdoptedFile, adopt } from '../_shared/reconcile/adopt.ts';
import { type TargetOptions, withTarget } from './target.ts';

export interface AdoptOptions extends TargetOptions {
  readonly jobs: readonly string[];
  readonly write?: boolean;
  readonly storeSecrets?: boolean;
  readonly format: 'terminal' | 'json';
}

/** `opsroom adopt [JOBS]`: exit 0; with `--write` 1 when a file was already there and was left alone. */
export async function adoptJobs(options: AdoptOptions): Promise<number> {
  return withTarget(options, async ({ desired, sql }) => {
    const chosen = options.jobs.length === 0 ? {} : { names: options.jobs };
    const files = await adopt({ sql, desired, ...chosen });
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(files, null, 2)}\n`);
    else for (const file of files) process.stdout.write(asText(file));
    if (files.length === 0) process.stderr.write('Every live job is declared: nothing to adopt.\n');
    if (options.storeSecrets === true) {
      const names = files.flatMap((file) =>
        file.mode === 'create' ? [path.basename(file.path, '.yaml')] : [],
      );
      const stored = await storeFoundSecrets({ sql, desired, names });
      process.stderr.write(`Moved into the Vault: ${stored.join(', ') || 'nothing'}\n`);
    }
    if (options.write !== true) return 0;
    const kept = files.filter((file) => !write(options.root, file));
    return kept.length > 0 ? 1 : 0;
  });
}

function asText({ path: name, mode, content, notes }: AdoptedFile): string {
  const title = mode === 'append' ? `# at the end of ${name}` : `# ${name}`;
  return [title, content.trimEnd(), ...notes.map((note) => `# note: ${note}`), '', ''].join('\n');
}

/** False when the file was there already and was left alone. */
function write(root: string, file: AdoptedFile): boolean {
  const target = path.join(root, file.path);
  if (file.mode === 'append') {
    appendFileSync(target, `\n${file.content}`);
    process.stderr.write(`added to ${file.path}\n`);
    return true;
  }
  if (existsSync(target)) {
    process.stderr.write(`${file.path} is already there and was left alone\n`);
    return false;
  }
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, file.content);
  process.stderr.write(`wrote ${file.path}\n`);
  return true;
}
