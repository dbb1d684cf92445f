import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './action-metadata.ts';

/** One thing GitHub's own validator says about a workflow or an action.yml. */
export interface Problem {
  readonly line: number;
  readonly message: string;
}

/** Checks a file of this repository; `text` replaces what is on disk. */
export type Validate = (file: string, text?: string) => Promise<Problem[]>;

interface Bundled {
  readonly validate: typeof import('@actions/languageservice').validate;
  readonly TextDocument: {
    readonly create: (
      uri: string,
      language: string,
      version: number,
      text: string,
    ) => Parameters<typeof import('@actions/languageservice').validate>[0];
  };
  readonly DescriptionDictionary: typeof import('@actions/expressions').DescriptionDictionary;
  readonly data: typeof import('@actions/expressions').data;
}

/**
 * GitHub's editor validator. It imports JSON in a way Node refuses, so it is bundled first.
 *
 * @param secrets names the workflows may read from `secrets`
 */
export async function loadValidator(secrets: readonly string[]): Promise<Validate> {
  const { validate, TextDocument, DescriptionDictionary, data } = await bundled();
  const fileProvider = {
    getFileContent: async (reference: { readonly path: string }) => ({
      name: reference.path,
      content: readFileSync(path.join(root, reference.path), 'utf8'),
    }),
  };
  const names = new DescriptionDictionary(
    ...[...secrets, 'GITHUB_TOKEN'].map((key) => ({ key, value: new data.StringData('***') })),
  );
  const variables = new DescriptionDictionary(
    ...VARIABLES.map((key) => ({ key, value: new data.StringData('[]') })),
  );
  let documents = 0;
  return async (file, text = readFileSync(path.join(root, file), 'utf8')) => {
    // The service remembers what it parsed by address, whatever the text is now.
    documents += 1;
    const problems = await validate(TextDocument.create(`file:///${documents}/${file}`, 'yaml', 1, text), {
      fileProvider,
      actionsMetadataProvider: { fetchActionMetadata: async ({ name }) => KNOWN_ACTIONS[name] },
      contextProviderConfig: {
        getContext: async (name, standard) =>
          name === 'secrets' ? names : name === 'vars' ? variables : standard,
      },
    });
    return problems.map(({ range, message }) => ({
      line: range.start.line + 1,
      message: typeof message === 'string' ? message : JSON.stringify(message),
    }));
  };
}

/** Variables a repository may set; workflows do without them. */
const VARIABLES = ['OPS_ENVIRONMENTS', 'OPS_RECORD_BUILD_URL'];

/** Inputs of the third-party actions we use; their files are not here to be read. */
const KNOWN_ACTIONS: Readonly<
  Record<string, { name: string; description: string; inputs: Record<string, { description: string }> }>
> = {
  checkout: {
    name: 'Checkout',
    description: 'Checkout a repository',
    inputs: Object.fromEntries(
      ['repository', 'ref', 'token', 'persist-credentials', 'path', 'fetch-depth', 'sparse-checkout'].map(
        (name) => [name, { description: name }],
      ),
    ),
  },
};

async function bundled(): Promise<Bundled> {
  const outfile = path.join(root, 'build', `language-service-${process.pid}.mjs`);
  await build({
    stdin: {
      contents: [
        "export { validate } from '@actions/languageservice';",
        "export { data, DescriptionDictionary } from '@actions/expressions';",
        "export { TextDocument } from 'vscode-languageserver-textdocument';",
      ].join('\n'),
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const module: Bundled = await import(pathToFileURL(outfile).href);
  return module;
}
