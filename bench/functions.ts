import { parseArgs } from 'node:util';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { benchIngest } from './functions-ingest.ts';
import { benchWarmCalls } from './functions-warm.ts';
import { type BenchServer, startBenchServer } from './server.ts';

/** What the parts are told. */
export interface FunctionsOptions {
  readonly server: BenchServer;
  readonly calls: number;
  readonly repetitions: number;
}

const parts: Readonly<Record<string, (options: FunctionsOptions) => Promise<string>>> = {
  warm: benchWarmCalls,
  ingest: benchIngest,
};

/**
 * Edge Functions under Deno behind the local gateway: `warm` (a call with one RPC against the same RPC by a direct
 * client) and `ingest` (metrics, 10,000 samples a request, against COPY), or both. `--calls N` (warm, of each contender),
 * `--repetitions N` (ingest). One durable server for all.
 */
export async function run(argv: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      calls: { type: 'string', default: '500' },
      repetitions: { type: 'string', default: '7' },
    },
    allowPositionals: true,
  });
  const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
  for (const name of chosen) {
    if (parts[name] === undefined) {
      throw new ConfigurationError(`There is no part ${name} of this bench.`, {
        hint: Object.keys(parts).join(', '),
      });
    }
  }
  const server = await startBenchServer();
  try {
    await applyMigrations(server.url);
    let text = `# functions\n\n${server.description}; Node ${process.versions.node}\n`;
    for (const name of chosen) {
      const options = { server, calls: Number(values.calls), repetitions: Number(values.repetitions) };
      text += `\n${await parts[name]?.(options)}`;
    }
    return text;
  } finally {
    await server.close();
  }
}
