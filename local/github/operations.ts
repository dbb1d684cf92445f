/**
 * The operations of GitHub's API that we use, by the ids of GitHub's own OpenAPI description. The slice is cut to these,
 * the stand-in serves exactly these, and a test sees that each was exercised.
 */
export const OPERATIONS = [
  'git/get-ref',
  'issues/add-labels',
  'issues/create',
  'issues/create-comment',
  'issues/create-label',
  'issues/delete-comment',
  'issues/get',
  'issues/get-comment',
  'issues/get-label',
  'issues/list-comments',
  'issues/list-for-repo',
  'issues/list-labels-for-repo',
  'issues/update',
  'issues/update-comment',
  'pulls/get',
  'pulls/list-files',
  'repos/compare-commits-with-basehead',
] as const;

/** An id of {@link OPERATIONS}. */
export type OperationId = (typeof OPERATIONS)[number];
