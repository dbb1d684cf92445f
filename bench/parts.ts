import { parseArgs } from 'node:util';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { type BenchServer, startBenchServer } from './server.ts';

/** A bench made of parts that share one durable server with all migrations applied. */
export interface PartedBench<Name extends string> {
  readonly title: string;
  readonly parts: Readonly<
    Record<
      string,
      (options: { readonly server: BenchServer } & Readonly<Record<Name, number>>) => Promise<string>
    >
  >;
  /** Numbers that may be given as `--name N`, and what they are otherwise. */
  readonly numbers: Readonly<Record<Name, number>>;
}

/**
 * Runs the parts named in the arguments, or all of them, and returns their report as Markdown.
 *
 * @throws ConfigurationError for a part or a number that can't be
 */
export async function runParts<Name extends string>(
  { title, parts, numbers }: PartedBench<Name>,
  argv: readonly string[],
): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.keys(numbers).map((name) => [name, { type: 'string' as const }])),
    allowPositionals: true,
  });
  const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
  const given = Object.fromEntries(
    (Object.entries(numbers) as [Name, number][]).map(([name, usual]) => [
      name,
      numberOf(values[name], name, usual),
    ]),
  ) as Record<Name, number>;
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
    let text = `# ${title}\n\n${server.description}; Node ${process.versions.node}\n`;
    for (const name of chosen) text += `\n${await parts[name]?.({ server, ...given })}`;
    return text;
  } finally {
    await server.close();
  }
}

function numberOf(text: unknown, name: string, usual: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigurationError(`--${name} takes a whole number of 1 or more.`);
}
