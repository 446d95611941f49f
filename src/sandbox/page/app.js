import { call, watch } from './api.js';
import { byId, setBadge, setOptions, setResult, setText } from './dom.js';
import { Faults } from './faults.js';
import { ReplyWindow } from './reply-window.js';
import { Thread } from './thread.js';
import { WebhookCard } from './webhook-card.js';

/** X shows typing for about this long. */
const TYPING_MS = 3000;

const chosen = () => ({ brand: byId('brand').value, participant: byId('participant').value });
const thread = new Thread(byId('thread'), (option) => write({ text: option.label, quickReplyMetadata: option.metadata }));
const replyWindow = new ReplyWindow();
const webhookCard = new WebhookCard();
const faults = new Faults();

let isRefreshing = false;
let isStale = false;

/** Reads everything anew; changes that come meanwhile cause one more read. */
async function refresh() {
  if (isRefreshing) {
    isStale = true;
    return;
  }
  isRefreshing = true;
  try {
    do {
      isStale = false;
      await show(await call('GET', 'state'));
    } while (isStale);
  } catch {
    // The stream tells when the sandbox is gone and when it is back.
  } finally {
    isRefreshing = false;
  }
}

async function show(state) {
  const named = ({ id, name }) => ({ value: id, label: name });
  setOptions(byId('brand'), state.brands.map(named));
  setOptions(byId('participant'), state.participants.map(named));
  const { brand: brandId, participant: participantId } = chosen();
  const view = await call('GET', `conversations/${brandId}/${participantId}`);
  const brand = state.brands.find((one) => one.id === brandId);
  const participant = state.participants.find((one) => one.id === participantId);
  if (chosen().brand !== brandId || chosen().participant !== participantId) {
    isStale = true;
    return;
  }
  thread.show(view, brand);
  replyWindow.show(view, brand);
  webhookCard.show(state, brand);
  faults.show(state.faults);
  byId('follows').checked = participant.follows.includes(brandId);
  byId('blocks').checked = participant.blocks.includes(brandId);
  setText(byId('text-label'), `Your message to @${brand.screenName}`);
}

async function write(message) {
  const { brand, participant } = chosen();
  const result = byId('composer-result');
  try {
    const { delivery } = await call('POST', `participants/${participant}/messages`, { to: brand, ...message });
    if (delivery === null) setResult(result, 'Written. No webhook was told of it.', 'bad');
    else if (delivery.status === 200) setResult(result, `Delivered to the webhook in ${delivery.ms} ms.`, 'good');
    else setResult(result, `The webhook answered ${delivery.status ?? 'nothing'} after ${delivery.ms} ms.`, 'bad');
    return true;
  } catch (error) {
    setResult(result, error.message, 'bad');
    return false;
  }
}

async function act(path, body) {
  const result = byId('relation-result');
  try {
    await call('POST', path, body);
    setResult(result, 'Done.', 'good');
  } catch (error) {
    setResult(result, error.message, 'bad');
  }
  refresh();
}

const asParticipant = (action) => act(`participants/${chosen().participant}/${action}`, { brand: chosen().brand });

byId('composer').addEventListener('submit', async (event) => {
  event.preventDefault();
  const [text, photo] = [byId('text'), byId('photo')];
  if (await write({ text: text.value, photo: photo.checked })) {
    text.value = '';
    photo.checked = false;
  }
  text.focus();
});
byId('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('composer').requestSubmit();
});
byId('follows').addEventListener('change', (event) => asParticipant(event.target.checked ? 'follow' : 'unfollow'));
byId('blocks').addEventListener('change', (event) => asParticipant(event.target.checked ? 'block' : 'unblock'));
byId('mark-read').addEventListener('click', () => asParticipant('read'));
byId('start-typing').addEventListener('click', () => asParticipant('typing'));
byId('type-elsewhere').addEventListener('click', () =>
  act(`brands/${chosen().brand}/messages-from-app`, { to: chosen().participant, text: 'A colleague answered this in the X app.' }),
);
for (const picker of [byId('brand'), byId('participant')]) {
  picker.addEventListener('change', () => {
    setResult(byId('composer-result'), '', '');
    refresh();
  });
}

let typingTimer;

function showTyping({ brand, participant }) {
  if (brand !== chosen().brand || participant !== chosen().participant) return;
  setText(byId('typing'), 'The brand is typing…');
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => setText(byId('typing'), ''), TYPING_MS);
}

watch(
  (change) => (change.type === 'typing' ? showTyping(change) : refresh()),
  (isUp) => {
    setBadge(byId('connection'), isUp ? 'live' : 'disconnected', isUp ? 'good' : 'bad');
    if (isUp) refresh();
  },
);
