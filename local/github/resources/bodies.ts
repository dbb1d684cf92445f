import type { z } from 'zod';
import { invalid } from '../github-error.ts';
import type { Json } from '../json-schema.ts';

/** GitHub refuses longer issue and comment bodies. */
export const LONGEST_BODY = 65_536;

/** Parses a request body; a wrong one is a 422 naming the first wrong field. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  { body, resource }: { readonly body: Json | undefined; readonly resource: string },
): z.infer<Schema> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const field = String(parsed.error.issues[0]?.path[0] ?? 'body');
  throw invalid({ resource, field, code: body === undefined ? 'missing_field' : 'invalid' });
}

/** Throws the 422 GitHub gives for a body that is too long. Characters count, not bytes. */
export function checkLength(text: string | null | undefined, resource: string): void {
  if (text === null || text === undefined || [...text].length <= LONGEST_BODY) return;
  throw invalid({
    resource,
    field: 'body',
    code: 'custom',
    message: `body is too long (maximum is ${LONGEST_BODY} characters)`,
  });
}
