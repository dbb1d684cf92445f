import { benchIngest } from './functions-ingest.ts';
import { benchWarmCalls } from './functions-warm.ts';
import { runParts } from './parts.ts';
import type { BenchServer } from './server.ts';

/** What the parts are told. */
export interface FunctionsOptions {
  readonly server: BenchServer;
  readonly calls: number;
  readonly repetitions: number;
}

const parts = {
  warm: benchWarmCalls,
  ingest: benchIngest,
};

/**
 * Edge Functions under Deno behind the local gateway: `warm` (a call with one RPC against the same RPC by a direct
 * client) and `ingest` (metrics, 10,000 samples a request, against COPY), or both. `--calls N` (warm, of each contender),
 * `--repetitions N` (ingest). One durable server for all.
 */
export function run(argv: readonly string[]): Promise<string> {
  return runParts({ title: 'functions', parts, numbers: { calls: 500, repetitions: 7 } }, argv);
}
