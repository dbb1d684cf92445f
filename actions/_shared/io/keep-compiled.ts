import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

/**
 * Keeps in a folder what Node compiles, from the second start on: putting it there costs a start more than the next one
 * gains by it, and a checkout that has never started anything, such as a runner's, may never start it again. Browsers go
 * by the same rule (https://v8.dev/blog/code-caching-for-devs). The folder is the sign that there was a first start; one
 * that cannot be made is no fault.
 */
export function keepCompiled(folder: string): void {
  try {
    const isFirst = mkdirSync(folder, { recursive: true }) !== undefined;
    if (!isFirst) enableCompileCache(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
