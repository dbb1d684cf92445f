/**
 * Things too large to load for every file: zod's errors, the full YAML parser, Postgres's own parser. Reading a file is
 * one synchronous function; where it needs such a tool it asks for it, and whoever reads loads the tool and starts the
 * file anew. So the plain files, which are nearly all, are read without any of them.
 */

/** Thrown when a tool is asked for that is not loaded. */
export class ToolNeeded extends Error {
  override readonly name = 'ToolNeeded';
  readonly load: () => Promise<void>;

  constructor(load: () => Promise<void>) {
    super('a tool is needed that is not loaded yet');
    this.load = load;
  }
}

let asked = 0;

/** How often any tool was asked for so far: a reading that did not move this was cheap. */
export function toolsAsked(): number {
  return asked;
}

/** What gives the tool once it is loaded, and throws ToolNeeded until then. */
export function tool<T>(load: () => Promise<T>): () => T {
  let loaded: { readonly tool: T } | undefined;
  const needed = new ToolNeeded(async () => {
    loaded ??= { tool: await load() };
  });
  return () => {
    asked += 1;
    if (loaded === undefined) throw needed;
    return loaded.tool;
  };
}

/** Does the work, loading tools as it asks for them. The work must be good to be started more than once. */
export async function withTools<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ToolNeeded)) throw error;
      await error.load();
    }
  }
}
