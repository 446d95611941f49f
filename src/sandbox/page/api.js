const BASE = '/sandbox/api';

/** Calls the control API; throws with its sentence when it says no. */
export async function call(method, path, body) {
  const response = await fetch(`${BASE}/${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The sandbox answered ${response.status}`);
  return answer;
}

/** Calls `onChange` for every change and `onState` with whether the stream is up; the browser reconnects by itself. */
export function watch(onChange, onState) {
  const stream = new EventSource(`${BASE}/stream`);
  stream.addEventListener('open', () => onState(true));
  stream.addEventListener('error', () => onState(false));
  stream.addEventListener('change', (event) => onChange(JSON.parse(event.data)));
}
