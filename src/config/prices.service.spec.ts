import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadPrices } from './prices.service.js';

const SHIPPED = resolve(__dirname, '../../config');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'prices-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Loads the shipped file with a part of it replaced. */
function loadWith(part: string, replacement: string) {
  const text = readFileSync(join(SHIPPED, 'prices.yaml'), 'utf8');
  expect(text).toContain(part);
  writeFileSync(join(folder, 'prices.yaml'), text.replace(part, replacement));
  return loadPrices(folder, folder);
}

describe('config/prices.yaml', () => {
  it('has X’s published prices, and says where there are none', () => {
    const { currency, apis } = loadPrices(SHIPPED);
    expect(currency).toBe('USD');
    expect([apis.v2['message-sent'].price, apis.v2['message-read'].price, apis.v2['person-read'].price]).toEqual([0.015, 0.01, 0.01]);
    expect([apis['x-activity']['message-received'].price, apis['x-activity'].follow.price]).toEqual([0.01, 0.01]);
    expect([apis['v1.1']['message-sent'].price, apis['account-activity-v2']['message-received'].price]).toEqual(['unknown', 'unknown']);
  });

  it('is the one that comes with the service where the folder has none', () => {
    expect(loadPrices(folder)).toEqual(loadPrices(SHIPPED));
  });

  it('may be another', () => {
    expect(loadWith('price: 0.015', 'price: 0.5').apis.v2['message-sent'].price).toBe(0.5);
  });

  it.each([
    ['price: 0.015', 'price: -1', 'apis.v2.message-sent.price: -1 must be a number from 0, or unknown [from prices.yaml:'],
    ['price: 0.015', 'price: cheap', 'apis.v2.message-sent.price: "cheap" must be a number from 0, or unknown [from prices.yaml:'],
    ['currency: USD', 'currency: dollars', 'currency: "dollars" must be three capital letters, such as USD [from prices.yaml:'],
    ['  v1.1:', '  v3:', 'apis.v3: is no part of the prices [from prices.yaml:'],
  ])('%j replaced by %j are refused', (part, replacement, line) => {
    expect(() => loadWith(part, replacement)).toThrow(line);
  });
});
