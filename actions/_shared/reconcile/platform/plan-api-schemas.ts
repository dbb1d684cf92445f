import * as z from 'zod';
import type { PlatformEntry } from '../../database/platform-objects.ts';
import type { EnvironmentDeclaration } from '../../declare/model.ts';
import { fieldsDigest } from '../digest.ts';
import { EMPTY_PLAN, type KindPlan, type LedgerNote } from '../resources/resource.ts';
import type { LivePlatform } from './live-platform.ts';

/** The one object of this kind. */
export const DATA_API = 'data-api';

const Note = z.object({ schemas: z.array(z.string()) });

/** What is exposed once every declared schema is: the missing ones at the end, nothing taken away. */
export function withDeclared(exposed: readonly string[], declared: readonly string[]): readonly string[] {
  return [...exposed, ...declared.filter((schema) => !exposed.includes(schema))];
}

/** What the ledger remembers: the schemas we made sure of. */
export function schemasNote({ apiSchemas = [], location }: EnvironmentDeclaration): LedgerNote {
  return {
    name: DATA_API,
    digest: fieldsDigest(apiSchemas),
    applied: JSON.stringify({ schemas: apiSchemas }),
    sourcePath: location.file,
  };
}

/** What has to happen to the schemas the Data API exposes. Only ever appends: what else is exposed is somebody's decision. */
export function planApiSchemas(live: LivePlatform, environment: EnvironmentDeclaration): KindPlan {
  const { apiSchemas = [], location } = environment;
  const { schemas } = live;
  if (schemas === null || apiSchemas.length === 0) return EMPTY_PLAN;
  const missing = apiSchemas.filter((schema) => !schemas.includes(schema));
  if (missing.length === 0) return { ...EMPTY_PLAN, unchanged: 1 };
  const applied = appliedSchemas(live.ledger.api_schemas.get(DATA_API));
  const wanted = withDeclared(schemas, apiSchemas);
  return {
    ...EMPTY_PLAN,
    changes: [
      {
        change: {
          kind: 'api_schemas',
          name: DATA_API,
          action: 'update',
          cause: missing.every((schema) => applied.includes(schema)) ? 'drift' : 'declaration',
          before: { schemas: schemas.join(', ') },
          after: { schemas: wanted.join(', ') },
          risks: [
            {
              severity: 'warning',
              code: 'exposes-schema',
              message: `${missing.join(', ')} can be called from anywhere then, as far as grants and row security allow`,
            },
          ],
          location,
        },
        desired: fieldsDigest(wanted),
        live: fieldsDigest(schemas),
      },
    ],
  };
}

function appliedSchemas(entry: PlatformEntry | undefined): readonly string[] {
  return Note.safeParse(entry?.applied).data?.schemas ?? [];
}
