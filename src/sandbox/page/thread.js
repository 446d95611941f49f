import { clockTime, make, setText } from './dom.js';

/** X's own web client; any other id is an app that called the API. */
const WEB_APP_ID = '3033300';

/** The messages on the phone. New ones are appended, so that a screen reader hears each once. */
export class Thread {
  constructor(list, onQuickReply) {
    this.list = list;
    this.onQuickReply = onQuickReply;
    this.shown = new Map();
    this.key = null;
  }

  show(view, brand) {
    const key = `${view.brand} ${view.participant}`;
    const isOther = key !== this.key;
    if (isOther) this.clear(key);
    if (view.messages.length === 0) return this.showEmpty(brand);
    this.list.querySelector('.empty')?.remove();
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80;
    let hasNew = false;
    for (const message of view.messages) hasNew = this.showMessage(message, view, brand, !isOther) || hasNew;
    if (hasNew && (isAtEnd || isOther)) this.list.scrollTop = this.list.scrollHeight;
  }

  clear(key) {
    this.key = key;
    this.shown.clear();
    this.list.replaceChildren();
  }

  showEmpty(brand) {
    if (this.list.querySelector('.empty')) return;
    this.list.replaceChildren(make('li', 'empty', `No messages yet. Write to @${brand.screenName} to open its reply window.`));
  }

  /** True when it was not there before. */
  showMessage(message, view, brand, isFresh) {
    const known = this.shown.get(message.id);
    const isOwn = message.senderId === view.participant;
    const meta = describe(message, isOwn, brand);
    if (known) {
      setText(known, meta);
      return false;
    }
    const metaLine = make('p', 'meta', meta);
    const item = make('li', `message${isOwn ? ' own' : ''}${isFresh ? ' new' : ''}`, bubble(message), ...this.choices(message, isOwn), metaLine);
    this.shown.set(message.id, metaLine);
    this.list.append(item);
    return true;
  }

  /** Quick replies are buttons that answer; calls to action are links. */
  choices(message, isOwn) {
    const options = isOwn ? [] : (message.quickReply ?? []);
    const buttons = options.map((option) => {
      const button = make('button', '', option.label);
      button.type = 'button';
      if (option.description) button.title = option.description;
      button.addEventListener('click', () => this.onQuickReply(option));
      return button;
    });
    const links = (message.ctas ?? []).map((cta) => {
      const link = make('a', '', cta.label);
      link.href = cta.url;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      return link;
    });
    return buttons.length + links.length === 0 ? [] : [make('div', 'choices', ...buttons, ...links)];
  }
}

function bubble(message) {
  const element = make('div', 'bubble', message.text);
  element.dir = 'auto';
  if (message.photo) element.append(make('span', 'photo', { video: 'Video', animated_gif: 'GIF' }[message.photo.kind] ?? 'Photo'));
  return element;
}

function describe(message, isOwn, brand) {
  const parts = [isOwn ? 'You' : `@${brand.screenName}`, clockTime(message.createdAt)];
  if (message.countedAgainst === 'allowance') parts.push('free reply');
  if (message.countedAgainst === 'limit') parts.push('counts towards the limits');
  if (!isOwn && message.sourceAppId === WEB_APP_ID) parts.push('typed in an X app');
  if (message.readAt !== null) parts.push(isOwn ? 'seen' : 'read');
  return parts.join(' · ');
}
