/** What is asked of a stream: terminals answer both, pipes and files neither. */
export interface MaybeTerminal {
  readonly isTTY?: boolean;
  readonly hasColors?: () => boolean;
}

/**
 * Whether colours are wanted on a stream: on terminals that have them, unless NO_COLOR or NODE_DISABLE_COLORS says no
 * (https://no-color.org; Node's own reading of both, of FORCE_COLOR and of TERM).
 */
export function wantsColor(stream: MaybeTerminal): boolean {
  return stream.isTTY === true && (stream.hasColors?.() ?? true);
}
