/** Columns, conditions and orders as SQL. */
import { arrayLiteral } from '../catalog/statements.ts';
import type { Comparison, Operator, TextSearch } from '../parse/filter.ts';
import type { KnownCondition, KnownField, KnownOrder, Level } from '../plan/read-plan.ts';
import { bind, empty, join, name, type Sql, sql } from '../sql-text.ts';

/** How a level's presence is told, which reading and counting do differently. */
export type WritePresence = (level: Level, present: boolean) => Sql;

/** A field of the table known as `from` in the statement. */
export function field(from: Sql, { column, path }: KnownField): Sql {
  const whole = sql`${from}.${name(column.name)}`;
  if (path.length === 0) return whole;
  const base = column.type === 'json' || column.type === 'jsonb' ? whole : sql`to_jsonb(${whole})`;
  return path.reduce((value, step) => {
    const key = step.isIndex ? sql`${bind(step.key)}::int` : bind(step.key);
    return step.asText ? sql`${value}->>${key}` : sql`${value}->${key}`;
  }, base);
}

/** `where` with all conditions, or nothing. */
export function where(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? empty : sql` where ${join(conditions, sql` and `)}`;
}

/** A condition. */
export function condition(from: Sql, known: KnownCondition, presence: WritePresence): Sql {
  switch (known.kind) {
    case 'logic': {
      const terms = known.terms.map((term) => condition(from, term, presence));
      const joined = sql`(${join(terms, known.operator === 'and' ? sql` and ` : sql` or `)})`;
      return known.negated ? sql`not ${joined}` : joined;
    }
    case 'embedded':
      return presence(known.level, known.present);
    case 'filter': {
      const compared = comparison(searched(field(from, known.field), known), known.comparison);
      return known.negated ? sql`not ${compared}` : compared;
    }
  }
}

/** Full text search works on a tsvector; other columns are made into one. */
function searched(value: Sql, known: Extract<KnownCondition, { kind: 'filter' }>): Sql {
  const { comparison: compared, field: searchedField } = known;
  if (compared.kind !== 'search' || searchedField.column.type === 'tsvector') return value;
  return compared.language === null
    ? sql`to_tsvector(${value})`
    : sql`to_tsvector(${bind(compared.language)}, ${value})`;
}

const operators: Readonly<Record<Operator, Sql>> = {
  eq: sql`=`,
  neq: sql`<>`,
  gt: sql`>`,
  gte: sql`>=`,
  lt: sql`<`,
  lte: sql`<=`,
  like: sql`like`,
  ilike: sql`ilike`,
  match: sql`~`,
  imatch: sql`~*`,
  isdistinct: sql`is distinct from`,
  cs: sql`@>`,
  cd: sql`<@`,
  ov: sql`&&`,
  sl: sql`<<`,
  sr: sql`>>`,
  nxl: sql`&>`,
  nxr: sql`&<`,
  adj: sql`-|-`,
};

const searches: Readonly<Record<TextSearch, Sql>> = {
  fts: sql`to_tsquery`,
  plfts: sql`plainto_tsquery`,
  phfts: sql`phraseto_tsquery`,
  wfts: sql`websearch_to_tsquery`,
};

const truths = {
  null: sql`null`,
  not_null: sql`not null`,
  true: sql`true`,
  false: sql`false`,
  unknown: sql`unknown`,
} as const;

function comparison(value: Sql, compared: Comparison): Sql {
  switch (compared.kind) {
    case 'is':
      return sql`${value} is ${truths[compared.value]}`;
    case 'in':
      // One parameter whatever the number of values, so the statement is prepared once; none at all is `in.()`.
      return compared.values.length === 1 && compared.values[0] === ''
        ? sql`${value} = any ('{}')`
        : sql`${value} = any (${bind(arrayLiteral(compared.values))})`;
    case 'search': {
      const language = compared.language === null ? empty : sql`${bind(compared.language)}, `;
      return sql`${value} @@ ${searches[compared.search]}(${language}${bind(compared.value)})`;
    }
    case 'operator': {
      const pattern = compared.operator === 'like' || compared.operator === 'ilike';
      const operand = bind(pattern ? compared.value.replaceAll('*', '%') : compared.value);
      const operator = operators[compared.operator];
      if (compared.quantifier === 'any') return sql`${value} ${operator} any (${operand})`;
      if (compared.quantifier === 'all') return sql`${value} ${operator} all (${operand})`;
      return sql`${value} ${operator} ${operand}`;
    }
  }
}

const directions = { asc: sql` asc`, desc: sql` desc` } as const;
const nullOrders = { first: sql` nulls first`, last: sql` nulls last` } as const;

/** `order by`, or nothing. @param child the alias a to-one level has in the statement */
export function orderBy(from: Sql, orders: readonly KnownOrder[], child: (level: Level) => Sql): Sql {
  if (orders.length === 0) return empty;
  const terms = orders.map((order) => {
    const value = field(order.level === null ? from : child(order.level), order.field);
    const direction = order.direction === null ? empty : directions[order.direction];
    const nulls = order.nulls === null ? empty : nullOrders[order.nulls];
    return sql`${value}${direction}${nulls}`;
  });
  return sql` order by ${join(terms)}`;
}
