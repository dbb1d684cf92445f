/** A JSON Schema, or a part of one. */
type Schema = { readonly [key: string]: unknown };

/** Less than this in characters is no shorter by reference. */
const LEAST_LENGTH = 100;
const LEAST_USES = 3;

/** Where a schema stands: the property that holds it, and the property that holds that one. */
interface Place {
  readonly key: string;
  readonly parent: string;
}

/**
 * The same schema with what it says three times or more said once, under `definitions`. The same schema always gives the same
 * text.
 */
export function shareDefinitions(schema: Schema): Schema {
  const uses = new Map<string, Place[]>();
  collect(schema, { key: '', parent: '' }, uses);
  const repeated = [...uses].filter(
    ([text, places]) => places.length >= LEAST_USES && text.length >= LEAST_LENGTH,
  );
  if (repeated.length === 0) return schema;

  const names = new Map<string, string>();
  for (const [text, places] of repeated) names.set(text, freeName(nameOf(places), [...names.values()]));
  const definitions = Object.fromEntries(
    [...names].map(([text, name]) => [name, inside(JSON.parse(text), names)] as const).toSorted(byName),
  );
  return { ...inside(schema, names), definitions };
}

function byName([a]: readonly [string, Schema], [b]: readonly [string, Schema]): number {
  return a < b ? -1 : 1;
}

function collect(schema: Schema, place: Place, uses: Map<string, Place[]>): void {
  const text = JSON.stringify(schema);
  const places = uses.get(text) ?? [];
  uses.set(text, [...places, place]);
  // What stands inside of something repeated is repeated with it.
  if (places.length > 0) return;
  mapParts(schema, place, (part, where) => {
    collect(part, where, uses);
    return part;
  });
}

/** What all places call it; where they differ, an entry of what holds them. */
function nameOf(places: readonly Place[]): string {
  const [first] = places;
  const isOne = (field: keyof Place): boolean => places.every((place) => place[field] === first?.[field]);
  if (first === undefined) return 'part';
  return isOne('key') ? first.key : isOne('parent') ? `${first.parent}_entry` : `${first.key}_part`;
}

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number += 1) name = `${wanted}_${number}`;
  return name;
}

/** The schema itself, with references where its parts are shared. */
function inside(schema: Schema, names: ReadonlyMap<string, string>): Schema {
  return mapParts(schema, { key: '', parent: '' }, (part) => {
    const name = names.get(JSON.stringify(part));
    return name === undefined ? inside(part, names) : { $ref: `#/definitions/${name}` };
  });
}

/** Changes every schema that stands directly in another one. */
function mapParts(schema: Schema, at: Place, change: (part: Schema, place: Place) => Schema): Schema {
  const changed = Object.entries(schema).map(([key, value]): [string, unknown] => {
    switch (key) {
      case 'properties':
      case 'patternProperties':
        if (!isSchema(value)) return [key, value];
        return [
          key,
          Object.fromEntries(
            Object.entries(value).map(([name, part]) => [
              name,
              isSchema(part) ? change(part, { key: name, parent: at.key }) : part,
            ]),
          ),
        ];
      case 'items':
      case 'additionalProperties':
      case 'propertyNames':
      case 'not':
        return [key, isSchema(value) ? change(value, { key: `${at.key}_${key}`, parent: at.key }) : value];
      case 'anyOf':
      case 'oneOf':
      case 'allOf':
        if (!Array.isArray(value)) return [key, value];
        return [key, value.map((part: unknown) => (isSchema(part) ? change(part, at) : part))];
      default:
        return [key, value];
    }
  });
  return Object.fromEntries(changed);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
