import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Handler,
  NotAHandler,
  readHandler,
  TASK_TYPE,
} from '../../../functions/_shared/jobs/handler.ts';
import type { Diagnostic } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';

/** Handlers by task type. */
export type Handlers = ReadonlyMap<string, Handler>;

/** The name by which a handler's file belongs to us: tests and declarations may lie beside it. */
const HANDLER_FILE = /^([^.]+)\.(?:ts|mts|js|mjs)$/;

/**
 * Load every handler of a folder: one file a task type, named for it.
 *
 * @param folder absolute
 * @throws ConfigurationError with each bad file and what is wrong with it; nothing is loaded halfway
 */
export async function loadHandlers(folder: string): Promise<Handlers> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new ConfigurationError(`There is no folder ${folder} with handlers.`, {
      hint: 'Name it with --handlers, or write functions/_jobs/<task_type>.ts; docs/queue.md shows how.',
    });
  }
  const handlers = new Map<string, Handler>();
  const problems: Diagnostic[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const [, taskType] = HANDLER_FILE.exec(entry.name) ?? [];
    if (!entry.isFile() || taskType === undefined) continue;
    const file = path.join(folder, entry.name);
    try {
      if (handlers.has(taskType)) throw new NotAHandler(`there are two files for the task type ${taskType}`);
      handlers.set(taskType, await loadHandler(taskType, file));
    } catch (error) {
      problems.push(problem(file, error));
    }
  }
  if (problems.length > 0) {
    const count = `${problems.length} handler${problems.length === 1 ? '' : 's'}`;
    throw new ConfigurationError(`${count} in ${folder} cannot be used; no worker was started.`, {
      diagnostics: problems,
    });
  }
  return handlers;
}

/** Load one handler. @throws NotAHandler, or whatever its module throws */
export async function loadHandler(taskType: string, file: string): Promise<Handler> {
  if (!TASK_TYPE.test(taskType)) {
    throw new NotAHandler(
      `its name is no task type: lower-case letters, digits, _ and -, a letter first, at most 63 characters`,
    );
  }
  // The bundler must leave this import alone: the file is the user's and lies outside the bundle.
  const module: unknown = await import(/* webpackIgnore: true */ pathToFileURL(file).href);
  return readHandler(taskType, typeof module === 'object' && module !== null ? module : {});
}

function problem(file: string, error: unknown): Diagnostic {
  const name = path.basename(file);
  if (error instanceof NotAHandler) return diagnostic(file, `${name}: ${error.message}`);
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return diagnostic(file, `${name} could not be loaded: ${said.slice(0, 500)}`, placeInStack(stack, file));
}

function diagnostic(file: string, message: string, place = { line: 1, column: 1 }): Diagnostic {
  return {
    severity: 'error',
    code: 'handler-invalid',
    message,
    location: { file: path.relative(process.cwd(), file).replaceAll(path.sep, '/'), ...place },
  };
}

/** Where in the file an error arose: the first frame, or for a syntax error the first line, that names it. */
function placeInStack(stack: string, file: string): { line: number; column: number } | undefined {
  for (const name of [pathToFileURL(file).href, file]) {
    const at = stack.indexOf(`${name}:`);
    if (at === -1) continue;
    const [, line, column] = /^(\d+)(?::(\d+))?/.exec(stack.slice(at + name.length + 1)) ?? [];
    if (line !== undefined) return { line: Number(line), column: Number(column ?? 1) };
  }
  return undefined;
}
