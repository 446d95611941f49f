import { type SignInResult, toPage } from './authorization-page.js';

describe('the page for who comes back from X', () => {
  it.each<[SignInResult, number, RegExp]>([
    [{ kind: 'completed', account: 'acme', channel: 'Acme support', problem: null }, 200, /“Acme support” acts for @acme now/],
    [{ kind: 'completed', account: 'acme', channel: 'Acme', problem: 'The place is taken.' }, 200, /The place is taken\./],
    [{ kind: 'denied' }, 200, /Nothing has changed/],
    [{ kind: 'failed', reason: 'X refuses the credentials.' }, 422, /X refuses the credentials\./],
    [{ kind: 'unknown' }, 410, /used already/],
  ])('says what happened: %o', (result, status, text) => {
    const page = toPage(result);
    expect(page.status).toBe(status);
    expect(page.html).toMatch(text);
    expect(page.html).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  it('shows what it is given as text, and runs none of it', () => {
    const { html } = toPage({ kind: 'completed', account: 'a"b', channel: '<script>alert(1)</script>', problem: "<img src=x onerror='alert(1)'> & more" });
    expect(html).not.toMatch(/<script|<img|onerror='/);
    expect(html).toContain('&#60;script&#62;');
  });
});
