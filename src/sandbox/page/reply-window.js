import { byId, clockTime, make, setBadge, setText } from './dom.js';

const FREE_REPLIES = 5;

/** X's own view of the reply window, counting down on X's clock. */
export class ReplyWindow {
  constructor() {
    this.view = null;
    this.clockOffsetMs = 0;
    setInterval(() => this.tick(), 1000);
  }

  show(view, brand) {
    this.view = view;
    this.clockOffsetMs = view.now - Date.now();
    const { remaining, nextSendCountsAs } = view.window;
    byId('replies').replaceChildren(
      ...Array.from({ length: FREE_REPLIES }, (_, index) => make('li', index < remaining ? 'free' : '')),
    );
    setText(byId('replies-text'), `${remaining} of ${FREE_REPLIES} free replies left`);
    setText(byId('next-send'), nextSendCountsAs === 'allowance' ? 'is free' : 'counts towards the rate limits');
    const { today } = brand;
    setText(
      byId('limits'),
      today === null
        ? 'no app may write for it'
        : `account ${used(today.user)}, app ${used(today.app)}`,
    );
    this.tick();
  }

  tick() {
    if (this.view === null) return;
    const { openedAt, expiresAt } = this.view.window;
    const leftMs = expiresAt === null ? 0 : expiresAt - (Date.now() + this.clockOffsetMs);
    const isOpen = leftMs > 0;
    setBadge(byId('window-badge'), isOpen ? 'open' : 'closed', isOpen ? 'good' : 'warn');
    setText(byId('time-left'), isOpen ? `${span(leftMs)} left` : openedAt === null ? 'Not opened yet' : 'Over');
    const note = openedAt === null
      ? 'You have not written to this brand. Your first message opens it.'
      : `Opened ${clockTime(openedAt)} by your last message; ${isOpen ? 'each new one starts it again' : 'your next one opens it again'}.`;
    setText(byId('window-note'), note);
  }
}

function used({ limit, remaining }) {
  return `${(limit - remaining).toLocaleString()} of ${limit.toLocaleString()}`;
}

function span(ms) {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return [hours, minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
