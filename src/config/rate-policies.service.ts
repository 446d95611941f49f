import { ratePoliciesSchema, type RatePolicies } from './rate-policies.js';
import { loadDataFile } from './sources/data-file.service.js';

/** What X grants, from `rate-policies.yaml` in that folder or the one that comes with the service. @throws SettingsError with all that is wrong in it */
export function loadRatePolicies(configDir: string, cwd = process.cwd()): RatePolicies {
  return loadDataFile({ name: 'rate-policies.yaml', schema: ratePoliciesSchema, whole: 'a rate policy' }, configDir, cwd).profiles;
}
