/** Functions served straight from the folder they are written in, started anew when one of their files changes. */
import { dirname, relative, resolve, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { readFunctionGraph } from '../../../actions/_shared/supabase/function-graph.ts';
import { openSourceFolder } from '../../../actions/_shared/supabase/source-folder.ts';
import {
  type FunctionSettings,
  type FunctionSource,
  listFolderFunctions,
  readFolderFunction,
  type ServedFunction,
} from './function-source.ts';

interface Watched {
  readonly served: ServedFunction;
  /** Files it is made of; null when that could not be found out, and any change may concern it. */
  readonly files: ReadonlySet<string> | null;
}

/**
 * Serves the functions of a folder.
 *
 * @param options.settings what a function's declaration says; asked again after every change
 * @param options.onChange told which function will be started anew
 */
export async function folderFunctions(options: {
  readonly folder: string;
  readonly settings?: (slug: string) => FunctionSettings;
  readonly onChange?: (slug: string) => void;
}): Promise<FunctionSource> {
  const { settings = () => ({}), onChange = () => undefined } = options;
  const folder = resolve(options.folder);
  const known = new Map<string, Watched>();
  let generation = 0;

  const changed = (file: string): void => {
    for (const [slug, watched] of known) {
      if (watched.files !== null && !watched.files.has(file)) continue;
      known.delete(slug);
      onChange(slug);
    }
  };

  const watcher = watch(folder, {
    ignoreInitial: true,
    ignored: (file) => /(?:^|[\\/])(?:node_modules|\.[^\\/]+)(?:[\\/]|$)|~$/.test(relative(folder, file)),
  });
  watcher.on('all', (_event, file) => {
    generation += 1;
    changed(resolve(file));
  });
  // A change made while the folder is still being listed would go unseen.
  await new Promise<void>((done) => watcher.once('ready', () => done()));

  const read = (slug: string): ServedFunction | null => {
    const served = readFolderFunction(folder, slug, settings(slug));
    if (served === null) return null;
    const files = filesOf(served, folder);
    watchOutside(watcher, files, folder);
    const current = { ...served, revision: String(generation) };
    known.set(slug, { served: current, files });
    return current;
  };

  return {
    find: (slug) => known.get(slug)?.served ?? read(slug),
    list: () => listFolderFunctions(folder),
    close: () => watcher.close(),
  };
}

function filesOf(served: ServedFunction, folder: string): ReadonlySet<string> | null {
  const root = dirname(folder);
  const fromRoot = (file: string) => relative(root, file).split(sep).join('/');
  try {
    const graph = readFunctionGraph(
      {
        slug: served.slug,
        entrypoint: fromRoot(served.entrypoint),
        importMap: served.importMap === null ? null : fromRoot(served.importMap),
        staticPatterns: [],
      },
      openSourceFolder(root),
    );
    // With a file missing, the next change may be the one that brings it.
    if (graph.diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return null;
    return new Set(graph.files.map((file) => resolve(root, file.path)));
  } catch {
    return null;
  }
}

function watchOutside(watcher: FSWatcher, files: ReadonlySet<string> | null, folder: string): void {
  const outside = [...(files ?? [])].filter((file) => !file.startsWith(folder + sep));
  if (outside.length > 0) watcher.add(outside);
}
