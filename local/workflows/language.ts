import { registerHooks } from 'node:module';

/** GitHub's own parser of workflow files and action.yml, and its own expressions. */
export interface Language {
  readonly workflows: typeof import('@actions/workflow-parser');
  readonly actions: typeof import('@actions/workflow-parser/actions/index');
  readonly expressions: typeof import('@actions/expressions');
}

let loading: Promise<Language> | undefined;

/**
 * Loads GitHub's packages once, in about 90 ms. They import JSON without saying so, which Node refuses
 * (ERR_IMPORT_ATTRIBUTE_MISSING); a hook that lives as long as the import adds the word.
 */
export function loadLanguage(): Promise<Language> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Language> {
  const hooks = registerHooks({
    load: (url, context, next) =>
      /\/@actions\/(workflow-parser|expressions)\/.*\.json$/.test(url)
        ? next(url, { ...context, importAttributes: { ...context.importAttributes, type: 'json' } })
        : next(url, context),
  });
  try {
    const [workflows, actions, expressions] = await Promise.all([
      import('@actions/workflow-parser'),
      import('@actions/workflow-parser/actions/index'),
      import('@actions/expressions'),
    ]);
    return { workflows, actions, expressions };
  } finally {
    hooks.deregister();
  }
}
