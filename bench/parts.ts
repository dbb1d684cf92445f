import { parseArgs } from 'node:util';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { type BenchServer, startBenchServer } from './server.ts';

/** What every part is told: the server, and the numbers of its bench. */
interface PartOptions {
  readonly server: BenchServer;
}

/** A number, several of them, or a number that each part has its own for unless one is given. */
type Usual = number | readonly number[] | undefined;

/** A bench made of parts that share one durable server with all migrations applied. */
export interface PartedBench<Options extends PartOptions> {
  readonly title: string;
  readonly parts: Readonly<Record<string, (options: Options) => Promise<string>>>;
  /** Numbers that may be given as `--name N`, lists as `--name N,N`, and what they are otherwise. */
  readonly numbers: Readonly<Omit<Options, 'server'>>;
}

/**
 * Runs the parts named in the arguments, or all of them, and returns their report as Markdown.
 *
 * @throws ConfigurationError for a part or a number that can't be
 */
export async function runParts<Options extends PartOptions>(
  { title, parts, numbers }: PartedBench<Options>,
  argv: readonly string[],
): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.keys(numbers).map((name) => [name, { type: 'string' as const }])),
    allowPositionals: true,
  });
  const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
  const given = Object.fromEntries(
    (Object.entries(numbers) as [string, Usual][]).map(([name, usual]) => [
      name,
      givenOf(values[name], name, usual),
    ]),
  );
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
    const options = { server, ...given } as Options;
    let text = `# ${title}\n\n${server.description}; Node ${process.versions.node}\n`;
    for (const name of chosen) text += `\n${await parts[name]?.(options)}`;
    return text;
  } finally {
    await server.close();
  }
}

function givenOf(text: unknown, name: string, usual: Usual): Usual {
  if (text === undefined) return usual;
  if (typeof usual !== 'object') return wholeNumber(String(text), name);
  return String(text)
    .split(',')
    .map((each) => wholeNumber(each, name));
}

/** A number of 1 or more, as given for an option. @throws ConfigurationError */
export function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigurationError(`--${name} takes a whole number of 1 or more, not ${text}.`);
}
