import type { Account, App } from '../world/model.js';

/** The page on which a person lets an app act for an account. Who sits before it may be any of the brands here. */
export function authorizePage(app: App, token: string, brands: readonly Account[]): string {
  const button = (label: string, name: string, value: string): string =>
    `<form method="post" action="/oauth/authorize"><input type="hidden" name="oauth_token" value="${escapeHtml(token)}"><button name="${name}" value="${escapeHtml(value)}">${escapeHtml(label)}</button></form>`;
  const choices = brands.map(({ id, name, screenName }) => button(`Authorize as ${name} (@${screenName})`, 'account', id));
  return page(`Authorize ${app.name}?`, [`<p>${escapeHtml(app.name)} will be able to read and write direct messages.</p>`, ...choices, button('Cancel', 'deny', 'yes')].join('\n'));
}

export function goneTokenPage(): string {
  return page('There is no page here', '<p>The request token for this page is invalid. It may have already been used, or expired because it is too old.</p>');
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body><main><h1>${escapeHtml(title)}</h1>\n${body}\n</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
