import * as z from 'zod';
import type { ManagementClient } from './management-client.ts';

/** How the Data API is set up; lists are in the order that counts. */
export const DataApiConfig = z
  .object({ db_schema: z.string(), db_extra_search_path: z.string(), max_rows: z.int() })
  .transform((config) => ({
    schemas: splitList(config.db_schema),
    extraSearchPath: splitList(config.db_extra_search_path),
    maxRows: config.max_rows,
  }));
/** How the Data API is set up. */
export type DataApiConfig = z.infer<typeof DataApiConfig>;

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Reads how the Data API is set up. */
export async function readDataApi(client: ManagementClient): Promise<DataApiConfig> {
  return DataApiConfig.parse(
    await client.send({ method: 'GET', path: '/postgrest', what: 'read the settings of the Data API' }),
  );
}

/** Changes what is named; the rest stays. */
export async function updateDataApi(
  client: ManagementClient,
  change: Partial<DataApiConfig>,
): Promise<DataApiConfig> {
  const { schemas, extraSearchPath, maxRows } = change;
  return DataApiConfig.parse(
    await client.send({
      method: 'PATCH',
      path: '/postgrest',
      json: {
        ...(schemas === undefined ? {} : { db_schema: schemas.join(',') }),
        ...(extraSearchPath === undefined ? {} : { db_extra_search_path: extraSearchPath.join(', ') }),
        ...(maxRows === undefined ? {} : { max_rows: maxRows }),
      },
      what: 'change the settings of the Data API',
    }),
  );
}
