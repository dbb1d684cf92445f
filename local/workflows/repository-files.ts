import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Never part of a repository, where git cannot be asked. */
const NEVER = ['node_modules', '.git', '.opsroom', 'build'];

/**
 * The files of a working tree as a commit of it would have them: what git tracks or would track, with changes nobody
 * committed yet; without git, everything but what is installed or built.
 *
 * @param wanted says which paths to take
 */
export function repositoryFiles(
  folder: string,
  wanted: (file: string) => boolean = () => true,
): Record<string, Buffer> {
  const files = listed(folder) ?? walked(folder);
  const present = files.filter(wanted).filter((file) => isFile(path.join(folder, file)));
  return Object.fromEntries(present.map((file) => [file, readFileSync(path.join(folder, file))]));
}

function listed(folder: string): string[] | null {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  return git.status === 0 ? git.stdout.split('\0').filter((file) => file !== '') : null;
}

function walked(folder: string): string[] {
  return globSync('**/*', { cwd: folder, exclude: (name) => NEVER.includes(name) }).map((file) =>
    file.split(path.sep).join('/'),
  );
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
