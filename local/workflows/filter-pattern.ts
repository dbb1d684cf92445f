/**
 * Whether a list of patterns lets a name in, by the rules of branch, tag and path filters: in order, the last pattern
 * that matches decides, `!` takes away.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 */
export function letsIn(patterns: readonly string[], name: string): boolean {
  return patterns.reduce((inside, pattern) => {
    const takesAway = pattern.startsWith('!');
    return filterPattern(takesAway ? pattern.slice(1) : pattern).test(name) ? !takesAway : inside;
  }, false);
}

/** One pattern as a regular expression: `*` stops at slashes, `**` does not, `?` and `+` count what is before them. */
export function filterPattern(pattern: string): RegExp {
  const parts = pattern.match(/\*\*\/|\*\*|\*|\?|\+|\[[^\]]*\]|\\.|[\s\S]/g) ?? [];
  return new RegExp(`^${parts.map(translate).join('')}$`);
}

function translate(part: string): string {
  switch (part) {
    case '**/':
      return '(?:.*/)?';
    case '**':
      return '.*';
    case '*':
      return '[^/]*';
    case '?':
    case '+':
      return part;
    default:
      if (part.startsWith('[') && part.length > 1) return part;
      return literally(part.startsWith('\\') ? part.slice(1) : part);
  }
}

/** A text as a pattern of itself. */
export function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
