/**
 * The repository these files lie in, as far as its working tree tells: its name (remote `origin`), and what the workflows
 * that its projects name can be told. Of other repositories nothing is known here, and nothing is guessed.
 */
import type { FileReader } from './file-reader.ts';
import { type ProjectSpec, repositoryName, resolveProject } from './kinds/project-spec.ts';
import type { SourceLocation } from './model.ts';
import { decodeText } from './source-text.ts';
import { tool, withTools } from './tool.ts';
import { readPlainYaml } from './yaml-plain.ts';

export interface OwnRepository {
  /** `owner/name`. */
  readonly name: string;
  /** File of `.github/workflows` -> what it can be told; null when it is not there, absent when it can't be read. */
  readonly workflows: ReadonlyMap<string, WorkflowContract | null>;
}

/** What whoever starts a workflow has to know of it. */
export interface WorkflowContract {
  /** Null without `workflow_dispatch`. */
  readonly inputs: ReadonlyMap<string, WorkflowInput> | null;
  readonly runName: string;
}

export interface WorkflowInput {
  /** A run without it is refused: required, and without a default. */
  readonly needed: boolean;
  /** The only values taken, of a choice. */
  readonly options: readonly string[] | null;
}

type Project = { readonly spec: ProjectSpec; readonly location: SourceLocation };

/** Null when nothing says which repository this is, or none of the projects is built from it. */
export async function readOwnRepository(
  reader: FileReader,
  projects: readonly Project[],
): Promise<OwnRepository | null> {
  const name = originOf(reader);
  if (name === null) return null;
  const files = new Set(projects.flatMap((project) => workflowsNamed(project, name)));
  if (files.size === 0) return null;
  const workflows = new Map<string, WorkflowContract | null>();
  for (const file of files) {
    const bytes = reader.read(`.github/workflows/${file}`);
    const contract = bytes === undefined ? null : await withTools(() => readContract(bytes));
    if (contract !== undefined) workflows.set(file, contract);
  }
  return { name, workflows };
}

function originOf(reader: FileReader): string | null {
  const bytes = reader.read('.git/config');
  const decoded = bytes === undefined ? null : decodeText(bytes);
  if (decoded === null || !('text' in decoded)) return null;
  const [, section = ''] = /^\[remote "origin"\]\s*$([^[]*)/m.exec(decoded.text) ?? [];
  const url = /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1];
  const name = url === undefined ? '' : repositoryName(url);
  return /^[^/\s]+\/[^/\s]+$/.test(name) ? name : null;
}

/** Whether an address is that of a repository; GitHub's names know no case. */
export function isRepository(address: string | null, name: string): boolean {
  return address !== null && repositoryName(address).toLowerCase() === name.toLowerCase();
}

function workflowsNamed({ spec, location }: Project, own: string): readonly string[] {
  return [undefined, ...Object.keys(spec.overrides)].flatMap((environment) => {
    const definition = resolveProject({ spec, location }, environment ?? '')?.definition;
    if (definition === undefined || !isRepository(definition.repository, own)) return [];
    const { branches, workflow } = definition;
    return Object.values(branches).flatMap((branch) => branch.workflow ?? workflow ?? []);
  });
}

/** The full parser is large, and workflows are seldom plain as a whole. */
const documents = tool(() => import('./yaml-document.ts'));

/** Undefined for a file that is no workflow, or not one we are sure to understand. @throws ToolNeeded */
function readContract(bytes: Uint8Array): WorkflowContract | undefined {
  const decoded = decodeText(bytes);
  if (!('text' in decoded)) return undefined;
  const plain = readPlainYaml(startOf(decoded.text));
  const value =
    plain === null ? documents().readYamlDocument(decoded.text, () => undefined).value : plain.value;
  if (!isMap(value) || value.on === undefined) return undefined;
  return {
    inputs: inputsOf(value.on),
    runName: typeof value['run-name'] === 'string' ? value['run-name'] : '',
  };
}

/** The top-level keys `on` and `run-name` with what belongs to them, which is nearly always plain. */
function startOf(text: string): string {
  let wanted = false;
  return text
    .split('\n')
    .filter((line) => {
      if (/^[^\s#]/.test(line)) wanted = /^(?:on|run-name)\s*:/.test(line);
      return wanted && /\S/.test(line);
    })
    .map((line) => `${line}\n`)
    .join('');
}

function inputsOf(on: unknown): ReadonlyMap<string, WorkflowInput> | null {
  const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(isMap(on) ? on : {});
  if (!events.includes('workflow_dispatch')) return null;
  const dispatch = isMap(on) ? on.workflow_dispatch : null;
  const inputs = isMap(dispatch) && isMap(dispatch.inputs) ? dispatch.inputs : {};
  return new Map(
    Object.entries(inputs).map(([name, written]) => {
      const input = isMap(written) ? written : {};
      const choice = input.type === 'choice' && Array.isArray(input.options) ? input.options : null;
      return [
        name,
        {
          needed: input.required === true && input.default === undefined,
          options: choice?.map(String) ?? null,
        },
      ];
    }),
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
