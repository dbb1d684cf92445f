import { archiveProjects, declareProjects, readDeclaredProjects } from '../../database/declared-projects.ts';
import type { DesiredProject } from '../../declare/model.ts';
import { canonicalJson } from '../canonical-json.ts';
import { type DesiredObject, diffObjects, type LiveObject } from '../diff.ts';
import { sha256 } from '../digest.ts';
import { parseProject, projectFields } from '../project-fields.ts';
import { projectRisks } from '../project-risks.ts';
import { EMPTY_PLAN, type LedgerNote, type Resource } from './resource.ts';

/** Organisation/slug -> the text Postgres prints of what a file would declare. */
type LiveProjects = ReadonlyMap<string, string>;

/** `ops.projects` with their branches. Deleting one archives it: what it built is history. */
export const projectResource: Resource<LiveProjects> = {
  kind: 'project',

  async read(tx, { capabilities }) {
    return capabilities.ops.projects ? readDeclaredProjects(tx) : new Map();
  },

  plan(live, { desired, capabilities, ledger, prune }) {
    const willExist = capabilities.ops.projects || desired.migrations.length > 0;
    if (!willExist && desired.projects.length > 0)
      return { ...EMPTY_PLAN, blockers: [noSchema(desired.projects)] };
    const wanted = new Map(desired.projects.map((project) => [project.name, project]));
    const { settled, gone, ...plan } = diffObjects({
      kind: 'project',
      desired: desired.projects.map(desiredObject),
      live: new Map([...live].map(([name, json]) => [name, liveObject(name, json)])),
      ledger,
      prune,
      risks: ({ name }) => {
        const json = live.get(name);
        const before = json === undefined ? undefined : parseProject(json);
        return projectRisks(before, wanted.get(name)?.definition);
      },
    });
    return {
      ...EMPTY_PLAN,
      ...plan,
      forget: gone,
      note: settled.flatMap(({ name }) => {
        const project = wanted.get(name);
        return project === undefined ? [] : [noteOf(project)];
      }),
    };
  },

  apply(tx, _live, { desired, changes }) {
    const byName = new Map(desired.projects.map((project) => [project.name, project]));
    const projects = changes.flatMap(({ change }) => byName.get(change.name) ?? []);
    const rows = projects.map(({ name, definition }) => ({ name, json: canonicalJson(definition) }));
    return {
      notes: Promise.resolve(projects.map(noteOf)),
      done: rows.length === 0 ? Promise.resolve() : declareProjects(tx, rows),
    };
  },

  prune: (tx, _live, names) => archiveProjects(tx, names),
};

function desiredObject({ name, definition, location }: DesiredProject): DesiredObject {
  return {
    name,
    digest: sha256(canonicalJson(definition)),
    fields: () => projectFields(definition),
    location,
  };
}

function liveObject(name: string, json: string): LiveObject {
  return { name, digest: sha256(json), fields: () => projectFields(parseProject(json)) };
}

function noteOf({ name, definition, location }: DesiredProject): LedgerNote {
  return { name, digest: sha256(canonicalJson(definition)), applied: '{}', sourcePath: location.file };
}

function noSchema(projects: readonly DesiredProject[]) {
  return {
    severity: 'error',
    code: 'schema-ops-missing',
    message: `The database can't keep projects and migrations/ is empty: nowhere to keep ${projects.map(({ name }) => name).join(', ')}`,
    hint: 'Restore the files of migrations/ from the repository',
    location: { file: 'migrations', line: 1, column: 1 },
  } as const;
}
