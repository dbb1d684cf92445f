/** What the Data API knows of the database: read from the catalog, kept until somebody says it changed. */

/** A column. */
export interface Column {
  readonly name: string;
  /** As format_type prints it, without the length: fit for a cast. */
  readonly type: string;
  /** The expression of the default as pg_get_expr prints it; null without one. */
  readonly default: string | null;
}

/** A table, view, materialized view or foreign table. */
export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: ReadonlyMap<string, Column>;
  readonly primaryKey: readonly string[];
}

/** One way from a table to another. */
export interface Relationship {
  readonly table: Table;
  readonly foreignTable: Table;
  readonly cardinality: 'one-to-many' | 'many-to-one' | 'one-to-one' | 'many-to-many';
  /** The constraint's name; for many-to-many the junction's first. */
  readonly constraint: string;
  /** Pairs of columns: ours, theirs. Empty for many-to-many. */
  readonly columns: readonly (readonly [string, string])[];
  readonly junction: Junction | null;
}

/** The table between two others. */
export interface Junction {
  readonly table: Table;
  readonly constraints: readonly [string, string];
  /** Source column, junction column. */
  readonly source: readonly (readonly [string, string])[];
  /** Target column, junction column. */
  readonly target: readonly (readonly [string, string])[];
}

/** An argument of a function. */
export interface Parameter {
  /** '' when it has none. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly variadic: boolean;
}

/** A function. */
export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  readonly returns: Returns;
  /** Its own `set name = value`. */
  readonly settings: readonly (readonly [string, string])[];
}

/** What a function returns. */
export interface Returns {
  readonly set: boolean;
  readonly kind: 'void' | 'scalar' | 'composite';
  /** Of a composite, the names of its columns. */
  readonly columns: readonly Column[];
  /** The table whose rows these are; embedding then works. */
  readonly table: { readonly schema: string; readonly name: string } | null;
}

/** Everything. */
export interface Catalog {
  readonly tables: ReadonlyMap<string, Table>;
  readonly relationships: ReadonlyMap<string, readonly Relationship[]>;
  /** By schema and name; functions may be overloaded. */
  readonly routines: ReadonlyMap<string, readonly Routine[]>;
  /** Settings of the roles the API may take on (`alter role anon set ...`). */
  readonly roleSettings: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  /** Type names a cast may use, with the type as the catalog prints it. */
  readonly types: ReadonlyMap<string, string>;
}

/** The key of a map above. */
export function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
