import { mediumIdOf, messageIdOf, toShownContent } from './shown-content.js';

describe('What callers see of a message', () => {
  const MESSAGE = 'msg_01m81s97tr7v54392jgff7y39g';

  it('is X’s medium at our address', () => {
    const media = { id: '2089624299500601347', kind: 'photo' as const, url: 'https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg' };
    const shown = toShownContent(MESSAGE, { type: 'media', text: 'Look', media });
    expect(shown).toEqual({ type: 'media', text: 'Look', media: { id: 'med_01m81s97tr7v54392jgff7y39g', kind: 'photo', url: '/v1/media/med_01m81s97tr7v54392jgff7y39g' } });
  });

  it('is an upload as it is, and a text without a medium', () => {
    const upload = { type: 'media' as const, text: '', media: { id: 'med_1', kind: 'video' as const, url: '/v1/media/med_1' } };
    expect(toShownContent(MESSAGE, upload)).toEqual(upload);
    expect(toShownContent(MESSAGE, { type: 'text', text: 'Hello' })).toEqual({ type: 'text', text: 'Hello' });
  });

  it('leads back from the medium to its message', () => {
    expect(messageIdOf(mediumIdOf(MESSAGE))).toBe(MESSAGE);
  });
});
