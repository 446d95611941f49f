import { DAY_MS } from '../../kernel/duration.js';
import type { Ambient } from '../ambient.service.js';
import { dmEventV2, mediaObjectV2 } from '../events/dm-event-v2.js';
import { jsonAnswer, readParams, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson } from '../wire/json-text.js';
import { compareIds } from '../world/snowflake.js';
import type { World } from '../world/world.service.js';
import { userOf, type XCall, type XRoute } from './x-route.js';

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 100;
/** X's history of direct messages goes back this far. */
const HISTORY_MS = 30 * DAY_MS;

/** The history of direct messages over v2. */
export class DmEventsController {
  constructor(
    private readonly world: World,
    private readonly ambient: Ambient,
  ) {}

  routes(): XRoute[] {
    return [{ method: 'GET', path: '/2/dm_events', fault: 'dm-events', family: 'dm-events', access: 'direct-messages', answer: (call) => this.list(call) }];
  }

  /** Both directions, newest first; `next_token` is missing on the last page. */
  private list(call: XCall): Answer {
    const params = readParams(call.request);
    const wanted = Number(findParam(params, 'max_results') ?? DEFAULT_RESULTS);
    const token = findParam(params, 'pagination_token');
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_RESULTS) return invalid('max_results', String(wanted));
    const after = token === null ? null : Buffer.from(token, 'base64url').toString('utf8');
    if (after !== null && !/^\d{1,19}$/.test(after)) return invalid('pagination_token', token ?? '');
    const oldest = this.ambient.now() - HISTORY_MS;
    const rest = this.world.listMessagesOf(userOf(call).account.id).filter(({ id, createdAt }) => createdAt > oldest && (after === null || compareIds(id, after) < 0));
    const page = rest.slice(0, wanted);
    const last = page.at(-1);
    const media = page.map(mediaObjectV2).filter((medium) => medium !== null);
    const next = rest.length > page.length && last !== undefined ? Buffer.from(last.id).toString('base64url') : undefined;
    return jsonAnswer(
      200,
      writeJson({
        data: page.length === 0 ? undefined : page.map(dmEventV2),
        includes: media.length === 0 ? undefined : { media },
        meta: { result_count: page.length, next_token: next },
      }),
    );
  }
}

/** v2 says what is wrong with a parameter in this form. */
function invalid(parameter: string, value: string): Answer {
  const detail = 'One or more parameters to your request was invalid.';
  const errors = [{ parameters: { [parameter]: [value] }, message: `The \`${parameter}\` query parameter value [${value}] is not valid` }];
  return jsonAnswer(400, writeJson({ errors, title: 'Invalid Request', detail, type: 'https://api.twitter.com/2/problems/invalid-request' }));
}
