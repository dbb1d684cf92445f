import type { Json } from './json-schema.ts';

/** One page of a list with GitHub's Link header. */
export function cutPage(
  items: readonly Json[],
  { query, url }: { readonly query: URLSearchParams; readonly url: string },
): { readonly body: Json[]; readonly link: string | null } {
  const size = clamp(Number(query.get('per_page') ?? 30), 1, 100);
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (target: number, relation: string): string => {
    const linked = new URLSearchParams(query);
    linked.set('page', String(target));
    return `<${url}?${linked}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    body: items.slice((page - 1) * size, page * size),
    link: links.length === 0 ? null : links.join(', '),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Number.isFinite(value) ? value : most));
}
