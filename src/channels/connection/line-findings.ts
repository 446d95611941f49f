import { Problem } from '../../kernel/problem.js';
import type { CheckName, Finding, Findings } from '../health/channel-check.js';

/** What a look at the channels of one app has found so far. */
export class LineFindings {
  private readonly found = new Map<string, Map<CheckName, Finding>>();
  private readonly limited = new Map<string, Problem>();
  private readonly newWebhooks = new Set<string>();
  /** X does not answer; null while it does. */
  away: Problem | null = null;

  note(channels: readonly { id: string }[], name: CheckName, finding: Finding): void {
    if (!finding.ok && finding.problem.code === 'x.unavailable') {
      this.away ??= finding.problem;
    }
    for (const { id } of channels) {
      const ofChannel = this.found.get(id) ?? new Map<CheckName, Finding>();
      this.found.set(id, ofChannel.set(name, finding));
    }
  }

  /** A sentence more, where all is well. */
  addTo({ id }: { id: string }, name: CheckName, sentence: string): void {
    const finding = this.found.get(id)?.get(name);
    if (finding?.ok === true && sentence !== '') {
      this.found.get(id)?.set(name, { ok: true, detail: `${finding.detail} ${sentence}` });
    }
  }

  /** It was made now: of those who share it nobody is subscribed. */
  noteNewWebhook(webhookKey: string): void {
    this.newWebhooks.add(webhookKey);
  }

  of(channelId: string): Findings {
    return this.found.get(channelId) ?? new Map<CheckName, Finding>();
  }

  problemOfCheck({ id }: { id: string }, name: CheckName): Problem | null {
    const finding = this.of(id).get(name);
    return finding?.ok === false ? finding.problem : null;
  }

  /** X's limit for a call was used up before all was asked; null when all was. */
  limitOf(channelId: string): Problem | null {
    return this.limited.get(channelId) ?? null;
  }

  listNewWebhooks(): string[] {
    return [...this.newWebhooks];
  }

  /** Does a part of the look. Where X's limit ends it, what is not asked stays as it was known before. */
  async unlessLimited(channels: readonly { id: string }[], part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      const problem = error instanceof Problem && error.code === 'x.rate-limited' ? error : null;
      if (problem === null) {
        throw error;
      }
      channels.forEach(({ id }) => this.limited.set(id, problem));
    }
  }

  /** The problem that an error is. @throws the error when it is a limit of X, or a defect of ours */
  problemOf(error: unknown): Problem {
    if (error instanceof Problem && error.code !== 'x.rate-limited') {
      return error;
    }
    throw error;
  }
}
