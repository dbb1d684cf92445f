import { benchAppend } from './backend-append.ts';
import { benchLists } from './backend-lists.ts';
import { runParts } from './parts.ts';
import type { BenchServer } from './server.ts';

/** What the parts are told. */
export interface BackendOptions {
  readonly server: BenchServer;
  readonly builds: number;
  readonly events: number;
  readonly repetitions: number;
}

const parts = {
  append: benchAppend,
  lists: benchLists,
};

/**
 * The build backend: `append` (lines of a log, against one insert a line and against COPY) and `lists` (each RPC a
 * page calls, as a member under row level security, against the bare index lookup it needs), or both.
 * `--builds N`, `--events N`, `--repetitions N`. One durable server for all.
 */
export function run(argv: readonly string[]): Promise<string> {
  return runParts(
    { title: 'backend', parts, numbers: { builds: 1000000, events: 10000000, repetitions: 5 } },
    argv,
  );
}

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
