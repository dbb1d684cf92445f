import { benchFollow } from './events-follow.ts';
import { benchNotify } from './events-notify.ts';
import { benchRecord } from './events-record.ts';
import { runParts } from './parts.ts';
import type { BenchServer } from './server.ts';

/** What the parts are told. */
export interface EventsOptions {
  readonly server: BenchServer;
  readonly lines: number;
  readonly followers: number;
  readonly repetitions: number;
}

const parts = {
  record: benchRecord,
  notify: benchNotify,
  follow: benchFollow,
};

/**
 * The story of a build: `record` (lines a second through the recorder, and through the whole of opsroom-log, against COPY and one
 * insert a line), `notify` (what announcing costs the append path), `follow` (from a line written to the line read), or all.
 * `--lines N`, `--followers N`, `--repetitions N`. One durable server for all.
 */
export function run(argv: readonly string[]): Promise<string> {
  return runParts({ title: 'events', parts, numbers: { lines: 50000, followers: 20, repetitions: 5 } }, argv);
}

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
