import type { Statement } from '../database/connection.ts';
import type { Pool } from '../database/pool.ts';
import type { Catalog, Routine } from './catalog/model.ts';
import type { RestRequest } from './request.ts';
import { applySettings } from './statements/settings.ts';

/** What serving a request needs beside the request. */
export interface RestContext {
  readonly pool: Pool;
  readonly catalog: Catalog;
  readonly maxRows: number | null;
}

/** Schemas whose functions and types are found without naming them, as hosted sets it. */
const extraSearchPath = ['public', 'extensions'];

/** Settings of a function that must hold before it starts; the others it makes itself. */
const hoisted = new Set([
  'statement_timeout',
  'plan_filter.statement_cost_limit',
  'default_transaction_isolation',
]);

/** The settings of a request's transaction. */
export function settingsFor(
  { catalog }: RestContext,
  request: RestRequest,
  options: { readonly readOnly: boolean; readonly routine?: Routine },
): Statement {
  const { identity, incoming, target, preferences } = request;
  return applySettings(
    {
      schema: request.schema,
      role: identity.role,
      claims: identity.claims,
      method: incoming.method,
      path: target.kind === 'routine' ? `/rpc/${target.name}` : `/${target.name}`,
      headers: incoming.headers,
      readOnly: options.readOnly,
      more: [
        ...(catalog.roleSettings.get(identity.role) ?? []),
        ...(preferences.timezone === null ? [] : [['timezone', preferences.timezone] as const]),
        ...(options.routine?.settings.filter(([key]) => hoisted.has(key)) ?? []),
      ],
    },
    extraSearchPath,
  );
}
