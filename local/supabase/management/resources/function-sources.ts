/** The files of a deployment: checked, and kept in a folder so that they can be served. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import { openSourceFolder } from '../../../../actions/_shared/supabase/source-folder.ts';
import { ManagementError } from '../api-error.ts';
import type { HandledRequest } from '../handler.ts';
import { DeployMetadata } from '../shapes.ts';

/** A file, by its path from the root of the project it came from. */
export interface DeployedFile {
  readonly path: string;
  readonly content: Buffer;
}

/** What a deployment brings. */
export interface Deployment {
  readonly metadata: z.infer<typeof DeployMetadata>;
  readonly files: readonly DeployedFile[];
  /** Of all files, whatever their order. */
  readonly digest: string;
}

const LARGEST_BYTES = 20 * 1024 * 1024;

/** Reads the parts of a deployment. @throws ManagementError 400 or 413 */
export function readDeployment({ parts }: HandledRequest): Deployment {
  const [text, ...more] = parts.filter((part) => part.name === 'metadata');
  if (text === undefined || more.length > 0) throw new ManagementError(400, 'metadata: Required');
  const metadata = DeployMetadata.safeParse(parseJson(text.content.toString('utf8')));
  if (!metadata.success) throw new ManagementError(400, 'metadata: Invalid');
  const files = parts
    .filter((part) => part.name === 'file')
    .map((part) => ({ path: checkedPath(part.filename), content: part.content }));
  const bytes = files.reduce((sum, file) => sum + file.content.length, 0);
  if (bytes > LARGEST_BYTES) throw new ManagementError(413, 'Function size exceeds the limit of 20MB');
  if (!files.some((file) => file.path === metadata.data.entrypoint_path)) {
    throw new ManagementError(
      400,
      `Failed to bundle the function (reason: Entrypoint path does not exist - ${metadata.data.entrypoint_path}).`,
    );
  }
  return { metadata: metadata.data, files, digest: digestOf(files) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing that is uploaded may leave the folder it is kept in. */
function checkedPath(filename: string | null): string {
  const parts = (filename ?? '').split('/');
  const isSafe = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part));
  if (filename === null || !isSafe) throw new ManagementError(400, `file: Invalid path ${filename ?? ''}`);
  return filename;
}

function digestOf(files: readonly DeployedFile[]): string {
  const digest = createHash('sha256');
  for (const { path, content } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    digest.update(`${path}\0${content.length}\0`).update(content);
  return digest.digest('hex');
}

/** Forgets the files of one version. */
export function removeSources(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Keeps the files of one version. */
export function writeSources(folder: string, files: readonly DeployedFile[]): void {
  removeSources(folder);
  for (const { path, content } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

/** The files of one version, by path. */
export function readSources(folder: string): DeployedFile[] {
  return openSourceFolder(folder)
    .listBelow('')
    .map((path) => ({ path, content: readFileSync(join(folder, path)) }));
}
