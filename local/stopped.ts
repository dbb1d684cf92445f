/** A start that ended before it was done: somebody pressed Ctrl-C, or its database went away. Not an error of anything. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}
