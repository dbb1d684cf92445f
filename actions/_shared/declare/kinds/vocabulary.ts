/** The words that every kind of file shares: names, durations, owners, names of environment variables. */

import { DURATION, parseDuration } from '../duration.ts';
import * as z from '../shape.ts';

/** Object, secret and environment names. */
export const NAME = /^[a-z0-9][a-z0-9_-]*$/;
export const MAX_NAME_BYTES = 63;

export const ObjectName = z
  .string()
  .check(
    z.regex(NAME, 'is not a good name: use lower-case letters, digits, `_` and `-`'),
    z.maxLength(MAX_NAME_BYTES),
  );

export { described } from '../shape.ts';

const durationWords = 'must be a duration such as `30s`, `5m` or `1h30m`';

/** A duration between two others. */
export function durationBetween(low: string, high: string): z.CheckedShape<string> {
  const [least, most] = [parseDuration(low), parseDuration(high)];
  return z.string(durationWords).check(
    z.regex(DURATION, { error: durationWords, abort: true }),
    z.refine(
      (text) => parseDuration(text) >= least && parseDuration(text) <= most,
      `must be between ${low} and ${high}`,
    ),
  );
}

/** Ends every message about a place where somebody may have written a value instead of a name. */
export const NEVER_THE_VALUE = 'never the value itself';

/** Where a value comes from: the name of an environment variable. */
export const FromEnvironment = z.strictObject(
  {
    env: z
      .string(`must be the name of an environment variable, ${NEVER_THE_VALUE}`)
      .check(
        z.regex(
          /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
          `must be the name of an environment variable, ${NEVER_THE_VALUE}`,
        ),
      ),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? `must be \`{ env: NAME }\`, ${NEVER_THE_VALUE}` : undefined,
  },
);

export const Owner = z
  .string('must be a GitHub user or team such as "@data-team", or a mail address')
  .check(
    z.regex(
      /^(?:@[A-Za-z0-9][A-Za-z0-9-]*(?:\/[A-Za-z0-9._-]+)?|[^\s@]+@[^\s@]+)$/,
      'must be a GitHub user or team such as "@data-team", or a mail address',
    ),
  );

export const Description = z.string('must be text').check(z.maxLength(2000));
