/** How each kind is read and linted. A new kind is one file in this folder, a line in `specs.ts` and a line here. */
import type { ReportFinding } from '../finding.ts';
import { lintCheck } from '../lint/lint-check.ts';
import { lintJob } from '../lint/lint-job.ts';
import { lintProject } from '../lint/lint-project.ts';
import type { Shape } from '../shape.ts';
import { AdvisoryFile, readAdvisories } from './advisories.ts';
import { readCheck } from './checks.ts';
import { CheckFile } from './checks-schema.ts';
import { readJob } from './cron.ts';
import { CronFile } from './cron-schema.ts';
import { EnvironmentsFile, readEnvironment } from './environments.ts';
import { FunctionFile, readFunction } from './functions.ts';
import { readProject } from './projects.ts';
import { ProjectFile } from './projects-schema.ts';
import { readSecret, SecretsFile } from './secrets.ts';
import type { KindName, Specs } from './specs.ts';

export interface Kind<Spec> {
  /** The whole file, for editors. */
  readonly schema: Shape;
  readonly title: string;
  /** One object. Null when something is wrong with it (reported). */
  readonly read: (name: string, value: unknown, report: ReportFinding) => Spec | null;
  /** Looks at one good object by itself; what needs other files is checked after all are read. Returns it, completed. */
  readonly lint?: (spec: Spec, report: ReportFinding) => Spec;
}

export const KINDS: { readonly [Name in KindName]: Kind<Specs[Name]> } = {
  environments: { schema: EnvironmentsFile, title: 'Environments', read: readEnvironment },
  secrets: { schema: SecretsFile, title: 'Secrets', read: readSecret },
  cron: { schema: CronFile, title: 'Scheduled job', read: readJob, lint: lintJob },
  functions: { schema: FunctionFile, title: 'Edge Function', read: readFunction },
  checks: { schema: CheckFile, title: 'Check', read: readCheck, lint: lintCheck },
  advisories: { schema: AdvisoryFile, title: 'Advisories', read: readAdvisories },
  projects: { schema: ProjectFile, title: 'Project', read: readProject, lint: lintProject },
};
