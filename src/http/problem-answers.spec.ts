import { addCommonAnswers, toProblemAnswers } from './problem-answers.js';

const codesOf = (answer: unknown): string[] => Object.keys((answer as { content: Record<string, { examples: object }> }).content['application/problem+json']?.examples ?? {});

describe('the answers that tell of problems', () => {
  it('are one for each status, with each code once', () => {
    const answers = toProblemAnswers(['request.malformed-json', 'channel.not-found', 'request.invalid', 'request.invalid']);
    expect(answers.map((answer) => [answer.status, codesOf(answer)])).toEqual([
      [400, ['request.malformed-json', 'request.invalid']],
      [404, ['channel.not-found']],
    ]);
  });
});

describe('the answers that follow from address and method', () => {
  const addedTo = (path: string, method: string, more: object = {}) => {
    const operation = { responses: { 200: { description: 'Done' } } as Record<string, unknown>, ...more };
    addCommonAnswers(path, method, operation);
    return Object.entries(operation.responses).flatMap(([status, answer]) => (status === '200' ? [] : [[Number(status), codesOf(answer)]]));
  };

  const AWAY = [503, ['service.unavailable']];

  it.each<[string, string, string, object, unknown[]]>([
    ['of a list that the database may be away', '/v1/things', 'get', {}, [AWAY]],
    ['nothing where nobody asks the database', '/health/live', 'get', {}, []],
    ['that an address can hold no text', '/v1/things/{id}', 'get', {}, [[400, ['request.invalid']], AWAY]],
    [
      'that an unwanted body is read',
      '/v1/things/{id}',
      'delete',
      {},
      [
        [400, ['request.invalid', 'request.malformed-json']],
        [413, ['request.body-too-large']],
        [415, ['request.unsupported-media-type']],
        AWAY,
      ],
    ],
    ['nothing of a body that is documented', '/v1/things', 'post', { requestBody: {} }, [AWAY]],
  ])('are %s', (_what, path, method, more, expected) => {
    expect(addedTo(path, method, more)).toEqual(expected);
  });

  it('leave what is told already', () => {
    const responses = Object.fromEntries(toProblemAnswers(['webhook.challenge-invalid']).map(({ status, ...answer }) => [status, answer]));
    expect(addedTo('/webhooks/x/{key}', 'get', { responses })).toEqual([[400, ['webhook.challenge-invalid', 'request.invalid']], AWAY]);
  });
});
