import { type Document, type Operation, operationsOf, parametersIn, resolved, type Schema } from '../fuzz/document.js';
import { kindInPath, kindOfName } from '../fuzz/things.js';

/** A place of a request that names a thing by its id. */
export interface IdPlace {
  in: 'path' | 'query' | 'body';
  name: string;
  /** The prefix of ids of that kind; `account` for an X account that is somebody's channel. */
  kind: string;
}

/** X's ids of people and ids that are given, not looked up, name nothing of a team. */
const NAMES_NO_THING = ['number', 'username', 'reference', 'limit', 'cursor'];

/** Where an operation takes an id. Throws for a name that looks like one and that nobody has told the kind of. */
export function idPlacesOf(document: Document, operation: Operation): IdPlace[] {
  return [
    ...[...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): IdPlace => ({ in: 'path', name, kind: kindInPath(operation.path, name) })),
    ...parametersIn(operation, 'query').flatMap(({ name }) => placeByName('query', name)),
    ...(operation.body === null ? [] : fieldNames(document, operation.body.schema).flatMap((name) => placeByName('body', name))),
  ];
}

export interface IdOperation {
  operation: Operation;
  place: IdPlace;
}

/** Every operation with a key once for each id that it takes. */
export function operationsWithIds(document: Document): IdOperation[] {
  return operationsOf(document)
    .filter(({ isSecured }) => isSecured)
    .flatMap((operation) => idPlacesOf(document, operation).map((place) => ({ operation, place })));
}

function placeByName(place: 'query' | 'body', name: string): IdPlace[] {
  if (name === 'from' && place !== 'query') return [{ in: place, name, kind: 'account' }];
  const kind = kindOfName(name);
  if (kind !== null) return [{ in: place, name, kind }];
  if (!NAMES_NO_THING.includes(name) && /(^i|I)ds?$/.test(name)) throw new Error(`Which kind of id is ${name} in a ${place}? Tell it in test/fuzz/things.ts.`);
  return [];
}

function fieldNames(document: Document, given: Schema): string[] {
  const schema = resolved(document, given);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [name, ...fieldNames(document, field)]);
}
