import type { ProjectDefinition } from '../declare/model.ts';
import type { Risk } from './model.ts';
import type { LiveProject } from './project-fields.ts';

type Project = ProjectDefinition | LiveProject;

/** What to weigh about a project: before (undefined: new) and after (undefined: archived). */
export function projectRisks(before: Project | undefined, after: Project | undefined): Risk[] {
  if (after === undefined) {
    return [
      {
        severity: 'danger',
        code: 'archives-project',
        message:
          'Nothing of it is built any more, and builds that wait are cancelled; builds, logs and metrics stay',
      },
    ];
  }
  if (before === undefined) return [];
  return [...branchRisks(before, after), ...repositoryRisks(before, after)];
}

function branchRisks(before: Project, after: Project): Risk[] {
  const gone = Object.keys(before.branches).filter((name) => !Object.hasOwn(after.branches, name));
  const risks: Risk[] = [];
  if (gone.length > 0) {
    risks.push({
      severity: 'warning',
      code: 'archives-branch',
      message: `Archives ${gone.join(', ')}: builds of it that wait are cancelled, its history stays`,
    });
  }
  for (const [name, branch] of Object.entries(after.branches)) {
    const was = Object.hasOwn(before.branches, name) ? before.branches[name] : undefined;
    if (was === undefined || branch.lane !== 'production') continue;
    if (was.manual && !branch.manual) {
      risks.push({
        severity: 'warning',
        code: 'builds-unasked',
        message: `Pushes and schedules build ${name} from now on, which is production`,
      });
    }
    if (was.environment !== null && branch.environment === null) {
      risks.push({
        severity: 'warning',
        code: 'unguarded',
        message: `Builds of ${name} name no GitHub environment any more: nobody is asked before they reach production`,
      });
    }
  }
  return risks;
}

function repositoryRisks(before: Project, after: Project): Risk[] {
  const risks: Risk[] = [];
  if (before.repository !== after.repository) {
    risks.push({
      severity: 'warning',
      code: 'moves-repository',
      message: 'Builds what lies in another repository; the first run that writes proves its number',
    });
  }
  if (before.dispatch !== after.dispatch) {
    risks.push({
      severity: 'info',
      code: 'changes-builder',
      message: after.dispatch
        ? 'GitHub builds it from now on, builds that wait included; runners of your own find none'
        : 'Runners of your own build it from now on, builds that wait included; GitHub is told of none',
    });
  }
  return risks;
}
