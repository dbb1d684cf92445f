import { parseArgs } from 'node:util';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { benchFollow } from './events-follow.ts';
import { benchNotify } from './events-notify.ts';
import { benchRecord } from './events-record.ts';
import { type BenchServer, startBenchServer } from './server.ts';

/** What the parts are told. */
export interface EventsOptions {
  readonly server: BenchServer;
  readonly lines: number;
  readonly followers: number;
  readonly repetitions: number;
}

const parts: Readonly<Record<string, (options: EventsOptions) => Promise<string>>> = {
  record: benchRecord,
  notify: benchNotify,
  follow: benchFollow,
};

/**
 * The story of a build: `record` (lines a second through the recorder, and through the whole of opsroom-log, against COPY and one
 * insert a line), `notify` (what announcing costs the append path), `follow` (from a line written to the line read), or all.
 * `--lines N`, `--followers N`, `--repetitions N`. One durable server for all.
 */
export async function run(argv: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      lines: { type: 'string', default: '50000' },
      followers: { type: 'string', default: '20' },
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
    let text = `# events\n\n${server.description}; Node ${process.versions.node}\n`;
    for (const name of chosen) {
      text += `\n${await parts[name]?.({
        server,
        lines: Number(values.lines),
        followers: Number(values.followers),
        repetitions: Number(values.repetitions),
      })}`;
    }
    return text;
  } finally {
    await server.close();
  }
}

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
