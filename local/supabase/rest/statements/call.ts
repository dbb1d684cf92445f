/** Calling a function. */
import type { Parameter, Routine } from '../catalog/model.ts';
import { arrayLiteral } from '../catalog/statements.ts';
import { bind, catalogText, empty, join, name, qualified, type Sql, sql } from '../sql-text.ts';
import { fromPayload } from './payload.ts';

/** What a function is called with. */
export type Arguments =
  /** Nothing by name: defaults, or no parameters at all. */
  | { readonly kind: 'none' }
  /** An object of JSON, each key a parameter. */
  | {
      readonly kind: 'json';
      readonly text: string;
      readonly isObject: boolean;
      readonly parameters: readonly Parameter[];
    }
  /** Texts by name. */
  | { readonly kind: 'texts'; readonly values: readonly (readonly [Parameter, readonly string[]])[] }
  /** The whole body for the one unnamed parameter. */
  | { readonly kind: 'whole'; readonly text: string; readonly parameter: Parameter };

/** `select ... from the function`: a scalar is the column pgrst_scalar. */
export function call(routine: Routine, given: Arguments): Sql {
  const target = qualified(routine.schema, routine.name);
  const single = routine.returns.kind !== 'composite';
  const called = (list: Sql): Sql =>
    single ? sql`(select ${target}(${list}) as pgrst_scalar) pgrst_call` : sql`${target}(${list}) pgrst_call`;
  const selected = single ? sql`select pgrst_call.pgrst_scalar` : sql`select pgrst_call.*`;
  switch (given.kind) {
    case 'none':
      return sql`${selected} from ${called(empty)}`;
    case 'whole':
      return sql`${selected} from ${called(sql`${bind(given.text)}::${catalogText(given.parameter.type)}`)}`;
    case 'texts':
      return sql`${selected} from ${called(join(given.values.map(([parameter, values]) => textArgument(parameter, values))))}`;
    case 'json': {
      const columns = given.parameters.map(({ name: key, type }) => ({ name: key, type, default: null }));
      const body = fromPayload(
        { text: given.text, isObject: given.isObject, columns, defaults: false },
        true,
      );
      const list = join(
        given.parameters.map(
          (each) => sql`${variadic(each)}${name(each.name)} := pgrst_body.${name(each.name)}`,
        ),
      );
      return sql`${selected} ${body}, lateral ${called(list)}`;
    }
  }
}

function textArgument(parameter: Parameter, values: readonly string[]): Sql {
  const value = parameter.variadic ? arrayLiteral(values) : (values.at(-1) ?? '');
  return sql`${variadic(parameter)}${name(parameter.name)} := ${bind(value)}::${catalogText(parameter.type)}`;
}

function variadic(parameter: Parameter): Sql {
  return parameter.variadic ? sql`variadic ` : empty;
}
