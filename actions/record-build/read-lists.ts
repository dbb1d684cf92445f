import { ConfigurationError } from '../_shared/io/errors.ts';

/** Something a build leaves behind: at an address, or in a file of the workspace. */
export type NamedArtifact =
  | { readonly name: string; readonly url: string }
  | { readonly name: string; readonly file: string };

/** One sample. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly dims?: Record<string, string>;
}

/**
 * Lines `NAME=ADDRESS` or `NAME=FILE`.
 *
 * @throws ConfigurationError with the number of a line that is neither
 */
export function readArtifacts(text: string | undefined): NamedArtifact[] {
  return linesOf(text).map(({ line, number }) => {
    const [, name, place] = /^([^=]{1,200}?)\s*=\s*(\S.*)$/.exec(line) ?? [];
    if (name === undefined || place === undefined)
      throw malformed('artifacts', number, 'NAME=ADDRESS or NAME=FILE');
    return /^https?:\/\//.test(place) ? { name, url: place } : { name, file: place };
  });
}

/**
 * Lines `METRIC=NUMBER` or `METRIC{DIMENSION=VALUE,...}=NUMBER`.
 *
 * @throws ConfigurationError with the number of a line that is neither
 */
export function readMetrics(text: string | undefined): Sample[] {
  return linesOf(text).map(({ line, number }) => {
    const found = /^(?<metric>[^={}\s]{1,200})\s*(?:\{(?<dims>[^{}]*)\})?\s*=\s*(?<value>\S+)$/.exec(
      line,
    )?.groups;
    const value = Number(found?.value);
    if (found?.metric === undefined || !Number.isFinite(value)) {
      throw malformed('metrics', number, 'METRIC=NUMBER or METRIC{DIMENSION=VALUE}=NUMBER');
    }
    const dims = (found.dims ?? '').split(',').flatMap((pair): [string, string][] => {
      const [key = '', ...rest] = pair.split('=');
      return key.trim() === '' ? [] : [[key.trim(), rest.join('=').trim()]];
    });
    return { metric: found.metric, value, ...(dims.length === 0 ? {} : { dims: Object.fromEntries(dims) }) };
  });
}

function linesOf(text: string | undefined): { readonly line: string; readonly number: number }[] {
  return (text ?? '')
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}

function malformed(input: string, line: number, form: string): ConfigurationError {
  return new ConfigurationError(`input ${input}: line ${line} is not ${form}`);
}
