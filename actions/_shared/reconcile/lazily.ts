/**
 * A value made when it is first asked for, once. For schemas of what most runs never read: building them takes
 * milliseconds that every start would pay.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
