/** An object as the API gave it. Its schema was checked there, if at all. */
export type Fields = Readonly<Record<string, unknown>>;

/** A field that holds what it may not, in the words of the API's own validation. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key, empty where there is none. @throws FieldError */
export function fieldsAt(object: Fields, key: string): Fields {
  return optionalFieldsAt(object, key) ?? {};
}

/** @throws FieldError */
export function optionalFieldsAt(object: Fields, key: string): Fields | undefined {
  return typed(object, key, 'an object', isFields);
}

/** @throws FieldError */
export function optionalStringAt(object: Fields, key: string): string | undefined {
  return typed(object, key, 'a string', (value) => typeof value === 'string');
}

/** @throws FieldError where it is absent or empty, too */
export function stringAt(object: Fields, key: string): string {
  const text = optionalStringAt(object, key);
  if (text === undefined || text === '') throw new FieldError(`${key} is required`);
  return text;
}

/** @throws FieldError */
export function booleanAt(object: Fields, key: string): boolean {
  return typed(object, key, 'a boolean', (value) => typeof value === 'boolean') ?? false;
}

/** @throws FieldError */
export function optionalIntegerAt(object: Fields, key: string): number | undefined {
  return typed(object, key, 'an integer', (value): value is number => Number.isSafeInteger(value));
}

/** @throws FieldError */
export function optionalListAt<Item>(
  object: Fields,
  key: string,
  read: (item: unknown) => Item,
): readonly Item[] | undefined {
  const list = typed(object, key, 'a list', (value): value is readonly unknown[] => Array.isArray(value));
  return list?.map(read);
}

/** A list of strings. @throws FieldError */
export function optionalStringsAt(object: Fields, key: string): readonly string[] | undefined {
  return optionalListAt(object, key, (item) => {
    if (typeof item !== 'string') throw new FieldError(`${key} must hold strings only`);
    return item;
  });
}

/** A map of strings, empty where there is none. @throws FieldError */
export function stringMapAt(object: Fields, key: string): Readonly<Record<string, string>> {
  const map: Record<string, string> = {};
  for (const [name, value] of Object.entries(fieldsAt(object, key))) {
    if (typeof value !== 'string') throw new FieldError(`${key}.${name} must be a string`);
    map[name] = value;
  }
  return map;
}

/** Own keys only: a key such as `constructor` must not reach what every object inherits. */
function typed<Value>(
  object: Fields,
  key: string,
  what: string,
  is: (value: unknown) => value is Value,
): Value | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  if (value === undefined || value === null) return undefined;
  if (!is(value)) throw new FieldError(`${key} must be ${what}`);
  return value;
}
