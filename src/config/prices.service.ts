import { type Prices, pricesSchema } from './prices.js';
import { loadDataFile } from './sources/data-file.service.js';

/** What X charges, from `prices.yaml` in that folder or the one that comes with the service. @throws SettingsError with all that is wrong in it */
export function loadPrices(configDir: string, cwd = process.cwd()): Prices {
  return loadDataFile({ name: 'prices.yaml', schema: pricesSchema, whole: 'the prices' }, configDir, cwd);
}
