/** Longest result kept with a job, in characters of JSON. */
export const LONGEST_RESULT = 16_384;

/**
 * What a handler returned as JSON text, null for nothing. Work that is done is not failed for its report: a result that
 * is too long or no JSON is left out, and the row says so.
 */
export function resultJson(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    return omitted('the result was no JSON');
  }
  if (text === undefined) return omitted('the result was no JSON');
  if (text.length > LONGEST_RESULT) {
    return omitted(`the result had ${text.length} characters, the limit is ${LONGEST_RESULT}`);
  }
  return UNSTORABLE.test(text) ? omitted('the result holds characters jsonb cannot') : text;
}

// Escapes of a NUL or of half a surrogate pair; an escaped backslash before `u` is none.
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i;

function omitted(why: string): string {
  return JSON.stringify({ omitted: why });
}
