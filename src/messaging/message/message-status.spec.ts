import {
  become,
  canBecome,
  MESSAGE_STATUSES,
  MESSAGE_STEPS,
  type MessageStatus,
  PUBLIC_MESSAGE_STATUSES,
  storedStatusesOf,
  toPublicStatus,
  NOT_YET_SENT_STATUSES,
  WAITING_STATUSES,
} from './message-status.js';

const after = (status: MessageStatus) => MESSAGE_STATUSES.filter((next) => canBecome(status, next));

function reachableFrom(...starts: MessageStatus[]): Set<MessageStatus> {
  const reached = new Set(starts);
  for (const status of reached) after(status).forEach((next) => reached.add(next));
  return reached;
}

describe('the life of a message', () => {
  it('reaches every status from being queued, held or received', () => {
    expect(reachableFrom('queued', 'held', 'received')).toEqual(new Set(MESSAGE_STATUSES));
    expect(reachableFrom('queued')).toEqual(new Set(MESSAGE_STATUSES.filter((status) => status !== 'received')));
  });

  it.each<MessageStatus>(['read', 'expired', 'cancelled', 'received'])('ends with %s', (status) => {
    expect(after(status)).toEqual([]);
  });

  it('leaves `failed` only where X says that it took the message after all', () => {
    expect(after('failed')).toEqual(['sent']);
  });

  it('comes to an end from wherever it is', () => {
    for (const status of MESSAGE_STATUSES) {
      expect([...reachableFrom(status)].some((reached) => after(reached).length === 0)).toBe(true);
    }
  });

  it('never goes back to waiting once X may have the message', () => {
    for (const status of ['unknown', 'sent', 'read', 'failed'] as const) {
      expect([...reachableFrom(status)].filter((reached) => ['queued', 'claimed', 'sending', 'held'].includes(reached))).toEqual([]);
    }
  });

  it('is handed to X out of a claim alone, and known to be sent only after that', () => {
    expect(MESSAGE_STATUSES.filter((status) => canBecome(status, 'sending'))).toEqual(['claimed']);
    expect(MESSAGE_STATUSES.filter((status) => canBecome(status, 'sent'))).toEqual(['sending', 'failed', 'unknown']);
  });

  it('may expire while it waits, and may be cancelled until it leaves', () => {
    for (const status of WAITING_STATUSES) expect(after(status)).toContain('expired');
    expect(MESSAGE_STATUSES.filter((status) => canBecome(status, 'cancelled')).sort()).toEqual([...NOT_YET_SENT_STATUSES].sort());
  });

  it('has each step once, with the reason for it', () => {
    const steps = MESSAGE_STEPS.map(({ from, to }) => `${from} ${to}`);
    expect(new Set(steps).size).toBe(steps.length);
    for (const { when } of MESSAGE_STEPS) expect(when).toMatch(/^[A-Z`].*\.$/);
  });

  it('takes no step that is not in the table', () => {
    for (const from of MESSAGE_STATUSES) {
      for (const to of MESSAGE_STATUSES) {
        if (canBecome(from, to)) expect(become(from, to)).toBe(to);
        else expect(() => become(from, to)).toThrow(`A message cannot go from ${from} to ${to}`);
      }
    }
  });
});

describe('the status that callers see', () => {
  it('is the contract’s', () => {
    expect([...PUBLIC_MESSAGE_STATUSES].sort()).toEqual(
      ['cancelled', 'expired', 'failed', 'held', 'queued', 'read', 'received', 'sending', 'sent', 'unknown'],
    );
  });

  it('finds every message that is shown with it, and no other', () => {
    for (const stored of MESSAGE_STATUSES) {
      const finding = PUBLIC_MESSAGE_STATUSES.filter((status) => storedStatusesOf(status).includes(stored));
      expect(finding).toEqual([toPublicStatus(stored)]);
    }
    expect(toPublicStatus('claimed')).toBe('queued');
  });
});
