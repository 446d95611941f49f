/** One channel of an app, as the app's limit sees it. */
export interface AppChannel {
  accountId: string;
  /** The part of the app's limit that is kept for it, 0 to 1; null: an equal part of what the others leave. */
  share: number | null;
  /** Uses of the app's limit by this channel. */
  used: number;
}

/**
 * How many more sends each channel is sure of: its share of all that the channels have used and have left, less what it has used.
 * What one has used beyond its share is gone for the others, who then share the rest. Never more than the account's own limit
 * allows, so that an app with room for all of its accounts keeps nothing back. Together they are at most `remaining`.
 */
export function unusedShares(channels: readonly AppChannel[], remaining: number, accountLimit: number): Map<string, number> {
  const parts = partsOf(channels);
  const total = remaining + sumOf(channels.map(({ used }) => used));
  let sharing = [...channels];
  let pool = total;
  for (;;) {
    const whole = sumOf(sharing.map(({ accountId }) => parts.get(accountId) ?? 0));
    const kept = new Map(
      sharing.map(({ accountId }) => {
        const part = parts.get(accountId) ?? 0;
        return [accountId, whole === 0 ? 0 : Math.min(accountLimit, Math.floor(total * part), Math.floor((pool * part) / whole))];
      }),
    );
    const beyond = sharing.filter(({ accountId, used }) => used > (kept.get(accountId) ?? 0));
    if (beyond.length === 0) {
      return new Map(channels.map(({ accountId, used }) => [accountId, Math.max(0, (kept.get(accountId) ?? 0) - used)]));
    }
    sharing = sharing.filter((channel) => !beyond.includes(channel));
    pool -= sumOf(beyond.map(({ used }) => used));
  }
}

/** Of what is left of the app's limit, what one channel may use: all that the others are not sure of. */
export function availableToChannel(remaining: number, accountId: string, unused: ReadonlyMap<string, number>): number {
  const others = [...unused].filter(([other]) => other !== accountId);
  return Math.max(0, remaining - sumOf(others.map(([, sure]) => sure)));
}

/** Each channel's part of the whole, 0 to 1. Together they may be more: then they shrink alike where they are divided. */
function partsOf(channels: readonly AppChannel[]): Map<string, number> {
  const claimed = sumOf(channels.map(({ share }) => share ?? 0));
  const undecided = channels.filter(({ share }) => share === null).length;
  const equal = undecided === 0 ? 0 : Math.max(0, 1 - claimed) / undecided;
  return new Map(channels.map(({ accountId, share }) => [accountId, share ?? equal]));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
