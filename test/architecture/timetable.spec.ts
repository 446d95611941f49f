import { type SourceFile, readSourceFiles } from './source-files.js';

const TIMETABLE = 'src/timetable.ts';
/** Sets the timetable's jobs going, and knows no job by itself. */
const SCHEDULER = 'src/operations/scheduled-jobs.service.ts';

/** Jobs that the page of all scheduled work does not name, by class or by file name. */
function findUnlisted(files: readonly SourceFile[]): string[] {
  const page = files.find(({ path }) => path === TIMETABLE)?.text ?? '';
  const isListed = ({ path, text }: SourceFile) => {
    const className = /export class (\w+)/.exec(text)?.[1];
    const fileName = path.slice(path.lastIndexOf('/') + 1, -'.ts'.length);
    return page.includes(`/${fileName}.js'`) || (className !== undefined && new RegExp(`\\b${className}\\b`).test(page));
  };
  return files.filter((file) => file.path.endsWith('.job.ts') && !isListed(file)).map(({ path }) => path);
}

/** Work that is scheduled where nobody looks for it. */
function findScheduledElsewhere(files: readonly SourceFile[]): string[] {
  const schedules = /@(Cron|Interval|Timeout)\(|\.add(CronJob|Interval|Timeout)\(|new CronJob\b/;
  return files.filter(({ path, text }) => path !== SCHEDULER && schedules.test(text)).map(({ path }) => path);
}

describe('the timetable', () => {
  const files = readSourceFiles('src');

  it('names every job', () => {
    expect(files.filter(({ path }) => path.endsWith('.job.ts'))).not.toEqual([]);
    expect(findUnlisted(files)).toEqual([]);
  });

  it('is all that is scheduled', () => {
    expect(files.find(({ path }) => path === SCHEDULER)?.text).not.toContain('.job.js');
    expect(findScheduledElsewhere(files)).toEqual([]);
  });

  it('is checked by what sees a job left out and a schedule elsewhere', () => {
    const job: SourceFile = { path: 'src/channels/connection/subscription-check.job.ts', text: 'export class SubscriptionCheck {}' };
    const forgotten: SourceFile = { path: 'src/messaging/clean-up.job.ts', text: '@Interval(5)\nexport class CleanUp {}' };
    const page: SourceFile = { path: TIMETABLE, text: "import { SubscriptionCheck } from './channels/connection/subscription-check.job.js';" };
    const scheduler: SourceFile = { path: SCHEDULER, text: 'registry.addInterval(name, timer)' };
    expect(findUnlisted([job, forgotten, page])).toEqual([forgotten.path]);
    expect(findScheduledElsewhere([job, forgotten, page, scheduler])).toEqual([forgotten.path]);
  });
});
