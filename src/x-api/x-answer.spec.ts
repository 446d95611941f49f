import { z } from 'zod';
import { parseAnswer } from './x-answer.js';
import { XFailure } from './x-failure.js';

const schema = z.object({ event: z.object({ id: z.string() }) });

describe('an answer of X', () => {
  it('is what we count on, without the rest', () => {
    expect(parseAnswer(schema, { event: { id: '1', more: 2 }, also: 3 })).toEqual({ event: { id: '1' } });
  });

  it.each([undefined, null, '', '<html></html>', [], {}, { event: { id: 1 } }])('that is something else leaves open whether X acted: %j', (body) => {
    let thrown: unknown;
    try {
      parseAnswer(schema, body);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(XFailure);
    expect(thrown).toMatchObject({ kind: 'maybe-sent', answer: { status: 200, code: null } });
  });

  it('is not told on in the error: it may hold anything', () => {
    expect(() => parseAnswer(schema, { event: { id: 7, secret: 'topsecret' } })).toThrow(/\(at "event\.id"\)/);
    expect(() => parseAnswer(schema, { event: { id: 7, secret: 'topsecret' } })).not.toThrow(/topsecret/);
  });
});
