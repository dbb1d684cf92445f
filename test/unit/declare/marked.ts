/** Files with marks: `§` stands before the character a diagnostic must point at, and is taken out before anything is read. */
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';

const BASE = {
  'runbooks/environments.yaml': `production:
  lane: production
  connection: { env: PRODUCTION_URL }
  project_ref: abcdefghijklmnopqrst
staging: { lane: staging, connection: { env: STAGING_URL } }
local: { lane: development, connection: { env: LOCAL_URL }, jobs: awake }
`,
  'runbooks/secrets.yaml': `project_url: { value: { env: PROJECT_URL }, shape: ^https:// }
token: { value: { env: TOKEN } }
`,
  'runbooks/cron/user.yaml':
    'owner: "@a"\nschedule: "5 * * * *"\ncall: { function: sync, auth: { bearer: token }, timeout: 5s }\n',
};

export interface Marked {
  /** `line:column` of each mark. */
  readonly marks: readonly string[];
  /** `line:column` of each diagnostic of the file. */
  readonly places: readonly string[];
  readonly codes: readonly string[];
  readonly messages: readonly string[];
}

/** What is said about the file at `path`, beside a good repository. */
export async function readMarked(path: string, marked: string): Promise<Marked> {
  const pieces = marked.split('§');
  const marks = pieces.slice(0, -1).map((_, index) => placeOf(pieces.slice(0, index + 1).join('')));
  const files = { ...BASE, [path]: pieces.join('') };
  const { diagnostics } = await loadDeclarations({ root: '/nowhere', read: memoryReader(files) });
  const found = diagnostics.filter(({ location }) => location.file === path);
  return {
    marks,
    places: found.map(({ location }) => `${location.line}:${location.column}`),
    codes: found.map(({ code }) => code),
    messages: found.map(({ message }) => message),
  };
}

function placeOf(before: string): string {
  const lines = before.split('\n');
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}
