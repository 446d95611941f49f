import { call } from './api.js';
import { byId, make, setOptions, setResult } from './dom.js';

/** The faults worth a click; the control API has more, for any route. */
const OFFERED = [
  ['accept-then-500', 'A send goes out, but X answers 500'],
  ['accept-then-503', 'A send goes out, but X answers 503'],
  ['accept-then-reset', 'A send goes out, but the connection breaks'],
  ['accept-then-hang', 'A send goes out, but X never answers'],
  ['151-but-delivered', 'A send goes out, but X says “already said that”'],
  ['truncated-json', 'A send goes out, half an answer comes'],
  ['reset-before', 'The connection breaks before a send is taken'],
  ['hang', 'X never answers and takes nothing'],
  ['html-error', 'X answers a send with an HTML error page'],
  ['429', 'X says the rate limit is used up'],
  ['credits-depleted', 'X says the credits are used up'],
  ['echo-before-answer', 'The echo comes before the answer'],
  ['echo-late', 'The echo comes a second late'],
  ['echo-drop', 'The echo is lost'],
  ['echo-twice', 'The echo comes twice'],
  ['delivery-drop', 'An event is lost on its way to the webhook'],
  ['delivery-delay', 'An event is a second late'],
];

export class Faults {
  constructor() {
    setOptions(byId('fault-kind'), OFFERED.map(([value, label]) => ({ value, label })));
    byId('fault-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const times = byId('fault-times').value;
      this.run(() => call('POST', 'faults', { kind: byId('fault-kind').value, times: times === '' ? null : Number(times) }));
    });
  }

  show(faults) {
    byId('faults').replaceChildren(...faults.map((fault) => this.item(fault)));
  }

  item(fault) {
    const label = OFFERED.find(([kind]) => kind === fault.kind)?.[1] ?? `${fault.kind} (${fault.route})`;
    const left = fault.times === null ? 'until removed' : `${fault.times - fault.fired} more`;
    const button = make('button', '', 'Remove');
    button.type = 'button';
    button.setAttribute('aria-label', `Remove: ${label}`);
    button.addEventListener('click', () => this.run(() => call('DELETE', `faults/${fault.id}`)));
    return make('li', '', `${label}, ${left}`, button);
  }

  async run(action) {
    try {
      await action();
      setResult(byId('fault-result'), '', '');
    } catch (error) {
      setResult(byId('fault-result'), error.message, 'bad');
    }
  }
}
