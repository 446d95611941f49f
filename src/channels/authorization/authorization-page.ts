/** What a person is told who comes back from X. `problem`: why the channel is not connected yet. */
export type SignInResult =
  | { kind: 'completed'; account: string; channel: string; problem: string | null }
  | { kind: 'denied' }
  | { kind: 'failed'; reason: string }
  | { kind: 'unknown' };

export interface Page {
  status: number;
  html: string;
}

/** A page without scripts, styles or anything that the person did not know before. */
export function toPage(result: SignInResult): Page {
  switch (result.kind) {
    case 'completed':
      return result.problem === null
        ? page(200, 'Signed in', [`The channel “${result.channel}” acts for @${result.account} now.`, 'You can close this page.'])
        : page(200, 'Signed in, not connected yet', [`The channel “${result.channel}” has the tokens of @${result.account}, but X sends nothing to it yet.`, result.problem, 'When that is done, connect the channel. You can close this page.']);
    case 'denied':
      return page(200, 'Not signed in', ['You did not let the app act for the account. Nothing has changed.', 'You can close this page.']);
    case 'failed':
      return page(422, 'Not signed in', [result.reason, 'Nothing has changed. When the reason is mended, begin the sign-in again.']);
    case 'unknown':
      return page(410, 'This sign-in is over', ['It was used already, or took longer than 15 minutes. Nothing has changed.', 'Begin the sign-in again.']);
  }
}

function page(status: number, title: string, paragraphs: readonly string[]): Page {
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n');
  return {
    status,
    html: `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>\n<body>\n<main>\n<h1>${escapeHtml(title)}</h1>\n${body}\n</main>\n</body>\n</html>\n`,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
