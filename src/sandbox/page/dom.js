export const byId = (id) => document.getElementById(id);

/** An element with a class, text and children; text is never read as HTML. */
export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** Sets text only when it differs, so that a live region speaks once. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setBadge(element, text, tone) {
  setText(element, text);
  element.className = `badge ${tone}`;
}

export function setResult(element, text, tone) {
  setText(element, text);
  element.className = `result ${tone}`;
}

/** Replaces the options and keeps what was chosen. */
export function setOptions(select, options) {
  const chosen = select.value;
  const wanted = options.map(({ value, label }) => `${value} ${label}`).join('\n');
  if (select.dataset.options === wanted) return;
  select.dataset.options = wanted;
  select.replaceChildren(...options.map(({ value, label }) => new Option(label, value)));
  if (options.some(({ value }) => value === chosen)) select.value = chosen;
}

export function clockTime(instant) {
  return new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
