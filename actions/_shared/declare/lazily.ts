/**
 * A value made when it is first asked for, once. For schemas and indexes that most runs never need: making them takes
 * milliseconds that every run would pay.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
