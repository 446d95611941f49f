import { TEAM_EVENT_TYPES, TEST_EVENT } from '../../src/callbacks/event/team-event-type.js';
import asyncApi from '../../asyncapi.json';
import openApi from '../../openapi.json';

const text = JSON.stringify(asyncApi);

/** What a reference leads to; undefined when to nothing. */
const target = (reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], asyncApi);

describe('asyncapi.json', () => {
  it('tells of every event that teams are told of, by both ways', () => {
    const named = (messages: Record<string, { $ref: string }>): string[] => Object.values(messages).map(({ $ref }) => (target($ref) as { name: string }).name);
    expect(named(asyncApi.channels.callback.messages)).toEqual([...TEAM_EVENT_TYPES, TEST_EVENT]);
    expect(named(asyncApi.channels.feed.messages)).toEqual([...TEAM_EVENT_TYPES]);
    expect(Object.keys(openApi.webhooks)).toEqual([...TEAM_EVENT_TYPES, TEST_EVENT]);
  });

  it('names nothing that it does not hold, and holds the schemas of the OpenAPI document', () => {
    const references = [...text.matchAll(/"\$ref":"(#[^"]+)"/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThan(30);
    expect(references.filter((reference) => target(reference) === undefined)).toEqual([]);
    expect(asyncApi.components.schemas.Message).toEqual(openApi.components.schemas.Message);
  });
});
