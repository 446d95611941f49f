import { SubscriptionCheckJob } from './channels/connection/subscription-check.job.js';
import { ExpiredWindowsJob } from './messaging/window/expired-windows.job.js';
import { RecoveryJob } from './messaging/recovery/recovery.job.js';
import { UnknownMessagesJob } from './messaging/unknown/unknown-messages.job.js';
import { CleanUpJob } from './retention/clean-up.job.js';
import type { TimetableEntry } from './operations/scheduled-jobs.service.js';
import { WebhookBacklogJob } from './webhook/webhook-backlog.job.js';

/**
 * Everything that this service does without being asked. The cadences are settings (`timetable.…Ms`);
 * each run is recorded in `job_runs`, and happens on one instance only, however many run.
 */
export const timetable: readonly TimetableEntry[] = [
  {
    // X's webhooks turn invalid and subscriptions vanish without a word.
    name: 'subscription-check',
    job: SubscriptionCheckJob,
    cadence: 'subscriptionCheckMs',
    jitter: 'subscriptionCheckJitterMs',
  },
  {
    // Notes closed reply windows and expires messages past `validUntil`. Decisions do not wait for it.
    name: 'expired-windows',
    job: ExpiredWindowsJob,
    cadence: 'expiredWindowsMs',
  },
  {
    // Reads back what the webhook missed: after a gap, after downtime of ours, and every `recovery.everyMs`.
    name: 'recovery',
    job: RecoveryJob,
    cadence: 'recoveryMs',
  },
  {
    // Looks in X's history for messages of which nobody knows whether X took them.
    name: 'unknown-messages',
    job: UnknownMessagesJob,
    cadence: 'unknownMessagesMs',
  },
  {
    // Events are processed as they come; this takes up what a crash or a failure left.
    name: 'webhook-backlog',
    job: WebhookBacklogJob,
    cadence: 'webhookBacklogMs',
  },
  {
    // What was kept long enough: events and deliveries, X's events as they came, messages where a channel says so, keys, records.
    name: 'clean-up',
    job: CleanUpJob,
    cadence: 'cleanUpMs',
  },
];
