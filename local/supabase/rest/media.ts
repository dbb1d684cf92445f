import { RestError } from './rest-error.ts';

/** The shape of a successful answer. */
export interface Media {
  readonly shape: 'array' | 'object' | 'csv';
  readonly stripNulls: boolean;
  readonly contentType: string;
}

const jsonMedia: Media = {
  shape: 'array',
  stripNulls: false,
  contentType: 'application/json; charset=utf-8',
};

/** The first media type of Accept that we can produce. @throws RestError PGRST107 */
export function chooseMedia(accept: string | undefined): Media {
  if (accept === undefined || accept === 'application/json' || accept === '*/*') return jsonMedia;
  const wanted = accept
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const sorted = wanted
    .map((part, index) => ({ part, index, quality: quality(part) }))
    .sort((left, right) => right.quality - left.quality || left.index - right.index);
  for (const { part } of sorted) {
    const media = mediaOf(part);
    if (media !== null) return media;
  }
  throw new RestError(
    406,
    'PGRST107',
    `None of these media types are available: ${sorted.map(({ part }) => part.replace(/;\s*q=.*$/, '')).join(', ')}`,
  );
}

function quality(part: string): number {
  const [, value] = /;\s*q=([\d.]+)/.exec(part) ?? [];
  return value === undefined ? 1 : Number(value);
}

function mediaOf(part: string): Media | null {
  const [type = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
  const stripNulls = parameters.includes('nulls=stripped');
  const suffix = `${stripNulls ? ';nulls=stripped' : ''}; charset=utf-8`;
  switch (type) {
    case 'application/json':
    case '*/*':
    case 'application/*':
      return jsonMedia;
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.object':
      return {
        shape: 'object',
        stripNulls,
        contentType: `application/vnd.pgrst.object+json${suffix}`,
      };
    case 'application/vnd.pgrst.array+json':
    case 'application/vnd.pgrst.array':
      return stripNulls
        ? { shape: 'array', stripNulls, contentType: `application/vnd.pgrst.array+json${suffix}` }
        : jsonMedia;
    case 'text/csv':
      return { shape: 'csv', stripNulls: false, contentType: 'text/csv; charset=utf-8' };
    default:
      return null;
  }
}
