import { parseArgs } from 'node:util';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { benchAppend } from './backend-append.ts';
import { benchLists } from './backend-lists.ts';
import { type BenchServer, startBenchServer } from './server.ts';

/** What the parts are told. */
export interface BackendOptions {
  readonly server: BenchServer;
  readonly builds: number;
  readonly events: number;
  readonly repetitions: number;
}

const parts: Readonly<Record<string, (options: BackendOptions) => Promise<string>>> = {
  append: benchAppend,
  lists: benchLists,
};

/**
 * The build backend: `append` (lines of a log, against one insert a line and against COPY) and `lists` (each RPC a
 * page calls, as a member under row level security, against the bare index lookup it needs), or both.
 * `--builds N`, `--events N`, `--repetitions N`. One durable server for all.
 */
export async function run(argv: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      builds: { type: 'string', default: '1000000' },
      events: { type: 'string', default: '10000000' },
      repetitions: { type: 'string', default: '5' },
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
    let text = `# backend\n\n${server.description}; Node ${process.versions.node}\n`;
    for (const name of chosen) {
      text += `\n${await parts[name]?.({
        server,
        builds: Number(values.builds),
        events: Number(values.events),
        repetitions: Number(values.repetitions),
      })}`;
    }
    return text;
  } finally {
    await server.close();
  }
}

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
