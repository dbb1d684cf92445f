import type { Handler } from '../handler.ts';
import type { OperationId } from '../operations.ts';
import { accounts } from './accounts.ts';
import { actionSettings } from './action-settings.ts';
import { approvals } from './approvals.ts';
import { artifacts } from './artifacts.ts';
import { assignees } from './assignees.ts';
import { checks } from './checks.ts';
import { commitStatuses } from './commit-statuses.ts';
import { commits } from './commits.ts';
import { compare } from './compare.ts';
import { contents } from './contents.ts';
import { deployments } from './deployments.ts';
import { environments } from './environments.ts';
import { gitData } from './git-data.ts';
import { gitRefs } from './git-refs.ts';
import { issueComments } from './issue-comments.ts';
import { issueTimeline } from './issue-timeline.ts';
import { issues } from './issues.ts';
import { labels } from './labels.ts';
import { pulls } from './pulls.ts';
import { reactions } from './reactions.ts';
import { repository } from './repository.ts';
import { runControl } from './run-control.ts';
import { search } from './search.ts';
import { dispatches } from './workflow-dispatch.ts';
import { workflowRuns } from './workflow-runs.ts';
import { workflows } from './workflows.ts';

/** Every operation the stand-in serves; the compiler sees that none of the list is missing. */
export const HANDLERS: Readonly<Record<OperationId, Handler>> = {
  ...accounts,
  ...actionSettings,
  ...approvals,
  ...artifacts,
  ...assignees,
  ...checks,
  ...commitStatuses,
  ...commits,
  ...compare,
  ...contents,
  ...deployments,
  ...dispatches,
  ...environments,
  ...gitData,
  ...gitRefs,
  ...issueComments,
  ...issueTimeline,
  ...issues,
  ...labels,
  ...pulls,
  ...reactions,
  ...repository,
  ...runControl,
  ...search,
  ...workflowRuns,
  ...workflows,
};
