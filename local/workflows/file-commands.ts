import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowError } from './expressions.ts';

/** The files a step writes to instead of printing commands, by what they are for. */
export interface FileCommands {
  /** GITHUB_OUTPUT and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** Reads what the step left, and removes the files. @throws WorkflowError for what the runner does not understand */
  readonly collect: () => Left;
}

/** What a step left in its files. */
export interface Left {
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly summary: string;
  /** The summary was longer than GitHub takes, and is gone. */
  readonly summaryTooLong: boolean;
}

const NAMES = ['OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY'] as const;

/** What GitHub takes as the summary of one step. */
const SUMMARY_BYTES = 1_048_576;
const FILE_BYTES = 52_428_800;

/** Makes the files of one step in a folder of their own. */
export function createFileCommands(folder: string): FileCommands {
  mkdirSync(folder, { recursive: true });
  const fileOf = (name: (typeof NAMES)[number]): string => path.join(folder, name.toLowerCase());
  for (const name of NAMES) writeFileSync(fileOf(name), '');
  const read = (name: (typeof NAMES)[number]): string => {
    const file = fileOf(name);
    const { size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
    if (size > FILE_BYTES) throw new WorkflowError(`GITHUB_${name} is longer than ${FILE_BYTES} bytes`);
    return size === 0 ? '' : readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  };
  return {
    env: Object.fromEntries(NAMES.map((name) => [`GITHUB_${name}`, fileOf(name)])),
    collect: () => {
      const summary = read('STEP_SUMMARY');
      const summaryTooLong = Buffer.byteLength(summary) > SUMMARY_BYTES;
      const left = {
        outputs: parsePairs(read('OUTPUT')),
        env: parsePairs(read('ENV')),
        state: parsePairs(read('STATE')),
        path: read('PATH')
          .split(/\r?\n/)
          .filter((line) => line !== ''),
        summary: summaryTooLong ? '' : summary,
        summaryTooLong,
      };
      rmSync(folder, { recursive: true, force: true });
      if ('NODE_OPTIONS' in left.env) {
        throw new WorkflowError("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
      }
      return left;
    },
  };
}

/**
 * Reads `name=value` lines and `name<<delimiter` blocks.
 *
 * @throws WorkflowError in the runner's words
 */
export function parsePairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      found[nameIn(line, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc < 0) throw new WorkflowError(`Invalid format '${line}'`);
    const delimiter = line.slice(heredoc + 2);
    const end = lines.indexOf(delimiter, index + 1);
    if (delimiter === '' || end < 0) {
      throw new WorkflowError(`Invalid value. Matching delimiter not found '${delimiter}'`);
    }
    found[nameIn(line, heredoc)] = lines.slice(index + 1, end).join('\n');
    index = end;
  }
  return found;
}

function nameIn(line: string, end: number): string {
  if (end === 0) throw new WorkflowError(`Invalid format '${line}'. Name must not be empty`);
  return line.slice(0, end);
}
