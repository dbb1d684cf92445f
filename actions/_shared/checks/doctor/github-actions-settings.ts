/** Whether workflows run at all, and what those that say nothing may do. */
import { type Answer, refusal } from './github-answer.ts';
import { type DoctorItem, itemsOf, judged } from './item.ts';

const github = itemsOf('github');

export function lookAtActions(
  found: Answer<{ readonly enabled: boolean; readonly allowed_actions?: string | undefined }>,
): DoctorItem {
  const title = 'Actions';
  if (found.kind !== 'seen')
    return github.unknown(
      'actions',
      title,
      refusal(found),
      'Look with a token that may read Administration.',
    );
  const { enabled, allowed_actions: allowed } = found.value;
  return judged(github, 'actions', title, {
    good: `On; allowed: ${allowed ?? 'as the organisation says'}.`,
    trouble: enabled
      ? null
      : {
          status: 'error',
          detail: 'Actions are off: nothing is planned, applied, checked or built.',
          remedy: 'Settings, Actions, General: allow them.',
        },
  });
}

export function lookAtPermissions(
  found: Answer<{
    readonly default_workflow_permissions: 'read' | 'write';
    readonly can_approve_pull_request_reviews: boolean;
  }>,
): readonly DoctorItem[] {
  const title = 'Permissions of workflows';
  if (found.kind !== 'seen')
    return [
      github.unknown('permissions', title, refusal(found), 'Look with a token that may read Administration.'),
    ];
  const { default_workflow_permissions: preset, can_approve_pull_request_reviews: mayApprove } = found.value;
  return [
    judged(github, 'permissions', title, {
      good: 'A job that says nothing may only read.',
      trouble:
        preset === 'read'
          ? null
          : {
              status: 'warning',
              detail: 'A job that says nothing may write everything.',
              remedy: 'Settings, Actions, General, Workflow permissions: read repository contents.',
            },
    }),
    judged(github, 'approval', 'Approval by workflows', {
      good: 'Workflows may not approve pull requests.',
      trouble: mayApprove
        ? {
            status: 'error',
            detail: 'A workflow may approve pull requests: whoever changes one can review themselves.',
            remedy: 'Settings, Actions, General: do not allow Actions to create and approve pull requests.',
          }
        : null,
    }),
  ];
}
