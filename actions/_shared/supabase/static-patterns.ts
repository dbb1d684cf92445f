import type { SourceFolder } from './source-folder.ts';

/**
 * The files a static pattern names, with the meaning the platform's own tool gives it: `*` and `?` stay inside a folder,
 * `**` does not, `[…]` is a choice of characters.
 *
 * @param pattern a path from the project's root
 * @returns sorted; empty when nothing fits
 */
export function expandStaticPattern(folder: SourceFolder, pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) return folder.find(pattern).kind === 'file' ? [pattern] : [];
  const parts = pattern.split('/');
  const stable = parts.slice(
    0,
    parts.findIndex((part) => /[*?[]/.test(part)),
  );
  const base = stable.join('/');
  if (folder.find(base || '.').kind !== 'folder') return [];
  const matcher = patternToRegExp(pattern);
  return folder.listBelow(base).filter((file) => matcher.test(file));
}

function patternToRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(
    /\*\*|\*|\?|\[(!?)([^\]]+)\]|[\\^$.|+(){}[\]]/g,
    (piece, not: string | undefined, choice: string | undefined) => {
      if (piece === '**') return '.*';
      if (piece === '*') return '[^/]*';
      if (piece === '?') return '[^/]';
      if (choice !== undefined) return `[${not === '!' ? '^' : ''}${choice.replaceAll('\\', '\\\\')}]`;
      return `\\${piece}`;
    },
  );
  return new RegExp(`^${source}$`);
}
