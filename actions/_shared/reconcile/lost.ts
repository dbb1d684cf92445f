import type { DesiredJob, ResourceKind, SourceLocation } from '../declare/model.ts';
import type { LostObject } from './model.ts';

/** Every object of a list as lost for the same reason. */
export function lostObjects(
  kind: ResourceKind,
  objects: readonly { readonly name: string; readonly location: SourceLocation }[],
  because: string,
): LostObject[] {
  return objects.map(({ name, location }) => ({ kind, name, because, location }));
}

/** Why what an extension held is gone, or hidden from us. */
export function extensionLost(
  state: 'absent' | 'closed',
  { extension, schema, user }: { readonly extension: string; readonly schema: string; readonly user: string },
): string {
  return state === 'absent'
    ? `${extension} is not there any more`
    : `role ${user} may not use schema ${schema} any more`;
}

/** True for a job that pg_net sends requests for. */
export function sendsRequests({ definition }: DesiredJob): boolean {
  return definition.call.kind === 'http';
}
