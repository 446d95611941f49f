import { forEachEngine } from '../support/engines.js';
import { outboxConformance } from './outbox-conformance.js';

describe('The outbox, as any engine has to keep it', () => {
  forEachEngine((engine) => outboxConformance(engine, engine.name === 'postgres' ? 4 : 1));
});
