import { jsonConstant, listOf, nameOf, nodeOf, stringConstant, withoutCasts } from './sql-node.ts';

/** What a text expression is put together from. */
export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  /** `(select decrypted_secret from vault.decrypted_secrets where name = '...')` */
  | { readonly kind: 'secret'; readonly name: string }
  /** `current_setting('...')`, which people once kept keys in. */
  | { readonly kind: 'setting'; readonly name: string };

/** Take a text expression apart; `undefined` when it is anything but constants, secrets and settings put in a row. */
export function textParts(expression: unknown): TextPart[] | undefined {
  const inside = withoutCasts(expression);
  const constant = jsonConstant(inside);
  if (constant !== undefined && constant !== null) return [{ kind: 'text', text: String(constant) }];
  const parts = concatenation(inside) ?? lookup(inside);
  return parts === undefined ? undefined : merged(parts);
}

function concatenation(expression: unknown): TextPart[] | undefined {
  const operator = nodeOf(expression, 'A_Expr');
  if (operator !== undefined && nameOf(listOf(operator, 'name')) === '||') {
    return joined([operator.lexpr, operator.rexpr]);
  }
  const call = nodeOf(expression, 'FuncCall');
  if (call === undefined) return undefined;
  const name = nameOf(listOf(call, 'funcname')).replace(/^pg_catalog\./, '');
  const parts = listOf(call, 'args');
  if (name === 'concat') return joined(parts);
  const [first] = parts;
  if (name === 'trim' || name === 'btrim' || name === 'rtrim') return textParts(first);
  if (name === 'current_setting') {
    const setting = stringConstant(withoutCasts(first));
    return setting === undefined ? undefined : [{ kind: 'setting', name: setting }];
  }
  return undefined;
}

function joined(expressions: readonly unknown[]): TextPart[] | undefined {
  const parts: TextPart[] = [];
  for (const expression of expressions) {
    const inner = textParts(expression);
    if (inner === undefined) return undefined;
    parts.push(...inner);
  }
  return parts;
}

/** A subselect of one decrypted secret by its name. */
function lookup(expression: unknown): TextPart[] | undefined {
  const select = nodeOf(nodeOf(expression, 'SubLink')?.subselect, 'SelectStmt');
  if (select === undefined) return undefined;
  const [target] = listOf(select, 'targetList');
  const value = withoutCasts(nodeOf(target, 'ResTarget')?.val);
  const columns = nameOf(listOf(nodeOf(value, 'ColumnRef'), 'fields')).split('.');
  const [from] = listOf(select, 'fromClause');
  const table = nodeOf(from, 'RangeVar');
  if (columns.at(-1) !== 'decrypted_secret' || table?.schemaname !== 'vault') return undefined;
  if (table.relname !== 'decrypted_secrets') return undefined;
  const name = equalsName(select.whereClause);
  return name === undefined ? undefined : [{ kind: 'secret', name }];
}

function equalsName(condition: unknown): string | undefined {
  const comparison = nodeOf(condition, 'A_Expr');
  if (comparison === undefined || nameOf(listOf(comparison, 'name')) !== '=') return undefined;
  const column = nameOf(listOf(nodeOf(comparison.lexpr, 'ColumnRef'), 'fields'));
  if (column.split('.').at(-1) !== 'name') return undefined;
  return stringConstant(withoutCasts(comparison.rexpr));
}

function merged(parts: readonly TextPart[]): TextPart[] {
  const result: TextPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') {
      result[result.length - 1] = { kind: 'text', text: last.text + part.text };
    } else {
      result.push(part);
    }
  }
  return result;
}
